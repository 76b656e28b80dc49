#include "mirror/reflector_times.h"

#include "base/test_time.h"

namespace snapgate::mirror {

using std::chrono::milliseconds;

ReflectorTimes ReflectorTimes::of(const cluster::ReflectedKind& kind) {
    const bool snapshots = kind.stored == model::Kind::kSnapshot;
    ReflectorTimes times{
        .backoff_first = base::test_time("backoff", milliseconds(800)),
        .backoff_most = base::test_time("most", milliseconds(30'000)),
        .quiet = base::test_time("quiet", milliseconds(120'000)),
        .absent = snapshots ? milliseconds(0) : base::test_time("absent", milliseconds(120'000)),
        .answer = base::test_time("answer", milliseconds(30'000)),
        .list_silence = base::test_time("answer", milliseconds(60'000)),
        .probe = snapshots ? base::test_time("probe", milliseconds(10'000))
                           : base::test_time("probe-others", milliseconds(60'000)),
        .probe_answer = base::test_time("probe-answer", milliseconds(5'000)),
        .renew = base::test_time("renew", milliseconds(45'000)),
        .unasked = base::test_time("unasked", milliseconds(300'000)),
        .lost = base::test_time("lost", milliseconds(5'000)),
        .explain = base::test_time("explain", milliseconds(3'000)),
        .brief = base::test_time("brief", milliseconds(1'000)),
        .reopens = base::test_time("reopens", milliseconds(2'000)),
        .check = base::test_time("check", milliseconds(3'600'000)),
        .check_patience = milliseconds(120'000)};
    return times;
}

}  // namespace snapgate::mirror
