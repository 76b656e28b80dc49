#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "mirror/session.h"

namespace snapgate::mirror {
namespace {

using Next = Setback::Next;

Session at(Stage stage, Next need) {
    Session session;
    session.stage = stage;
    session.need = need;
    session.discovered = true;
    session.version = "100";
    return session;
}

Session after(Session session, unsigned refused_with) {
    const Moment now{std::chrono::steady_clock::now(), 1};
    event::Failed failed{setback_of_status(refused_with, "", "", false)};
    return next(std::move(session), std::move(failed), now, ReflectorTimes()).session;
}

TEST(SessionRefusal, AWatchThatIsRefusedLeadsToAListUnlessNothingWouldBeAnswered) {
    for (const unsigned status : {400U, 406U, 422U, 500U})
        EXPECT_EQ(after(at(Stage::kOpen, Next::kSame), status).need, Next::kRelist) << status;
    // A key that is refused, a cluster without time, and what a proxy says of one that is away.
    for (const unsigned status : {401U, 403U, 429U, 502U, 503U, 504U})
        EXPECT_EQ(after(at(Stage::kOpen, Next::kSame), status).need, Next::kSame) << status;
}

TEST(SessionRefusal, AListThatIsRefusedIsAskedForWithoutAVersion) {
    const Session session = at(Stage::kList, Next::kRelist);
    EXPECT_EQ(after(session, 400).need, Next::kRelistNewest);
    EXPECT_EQ(after(session, 422).need, Next::kRelistNewest);
    EXPECT_EQ(after(session, 503).need, Next::kRelist);
    // A fault of the server may pass.
    Session once = after(session, 500);
    EXPECT_EQ(once.need, Next::kRelist);
    once.stage = Stage::kList;
    EXPECT_EQ(after(once, 500).need, Next::kRelistNewest);
}

}  // namespace
}  // namespace snapgate::mirror
