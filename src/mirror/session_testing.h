#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mirror/session.h"
#include "net/client/outbound.h"

// For tests of the session as a table: the words of its rows.
namespace snapgate::mirror::session_testing {

using std::chrono::milliseconds;
using Next = Setback::Next;

inline constexpr int64_t kWallMs = 1'000'000'000;
inline const Moment kNow{Session::Time(milliseconds(50'000'000)), kWallMs};

inline ReflectorTimes times() {
    return {.backoff_first = milliseconds(800),
            .backoff_most = milliseconds(30'000),
            .quiet = milliseconds(120'000),
            .absent = milliseconds(120'000),
            .answer = milliseconds(30'000),
            .list_silence = milliseconds(60'000),
            .probe = milliseconds(10'000),
            .probe_answer = milliseconds(5'000),
            .renew = milliseconds(45'000),
            .unasked = milliseconds(300'000),
            .lost = milliseconds(5'000),
            .explain = milliseconds(3'000),
            .brief = milliseconds(1'000),
            .reopens = milliseconds(2'000),
            .check = milliseconds(3'600'000),
            .check_patience = milliseconds(120'000)};
}

inline Moment later(milliseconds by) {
    return {kNow.time + by, kNow.wall_ms + by.count()};
}

// A session of a cluster that was discovered and listed.
inline Session at(Stage stage) {
    Session session;
    session.stage = stage;
    session.discovered = true;
    session.served = "v1beta1";
    session.server_version = "v1.33.0";
    session.version = "100";
    session.status.state = MirrorState::kReady;
    session.opened = kNow.time - milliseconds(60'000);
    session.heard = kNow.time - milliseconds(300);
    session.settled = session.opened;
    if (stage != Stage::kFollow) session.away_since = kNow.time - milliseconds(300);
    return session;
}

// Words of a session: what a row begins with, and what it leads to.
using Word = std::function<void(Session&)>;

inline Session at(Stage stage, const std::vector<Word>& words) {
    Session session = at(stage);
    for (const Word& word : words) word(session);
    return session;
}

inline const Word kUnknown = [](Session& s) { s.discovered = false; };
inline const Word kEmpty = [](Session& s) { s.version.clear(); };
inline const Word kWatchLists = [](Session& s) { s.watch_list = true; };
inline const Word kFailedBefore = [](Session& s) { s.failed_since = true; };
inline const Word kJustOpened = [](Session& s) { s.opened = kNow.time - milliseconds(10); };
inline const Word kOtherConnection = [](Session& s) { s.changed = true; };
inline const Word kNothingAway = [](Session& s) { s.away_since.reset(); };
inline Word needs(Next next) {
    return [next](Session& s) { s.need = next; };
}
inline Word doubts(Doubt doubt) {
    return [doubt](Session& s) { s.doubt = doubt; };
}
inline Word hurried(size_t times_before) {
    return [times_before](Session& s) { s.hurried = times_before; };
}
inline Word away(int64_t ms) {
    return [ms](Session& s) { s.away_since = kNow.time - milliseconds(ms); };
}

// What the cluster answers when it refuses.
inline Setback answer(unsigned code) {
    return setback_of_status(code, "", "", false);
}
inline Setback with_retry_after(Setback setback, int64_t ms) {
    setback.retry_after = milliseconds(ms);
    return setback;
}
inline Setback busy() {
    Setback setback = answer(429);
    setback.busy = true;
    return setback;
}
inline Setback unreachable() {
    Setback setback;
    setback.state = MirrorState::kUnreachable;
    setback.reason = "ConnectionReset";
    setback.message = "the connection was reset";
    return setback;
}
inline Setback silent() {
    Setback setback = unreachable();
    setback.reason = net::outbound_reason::kAnswerTimeout;
    return setback;
}
inline Setback removed() {
    return setback_of_sink(base::Error(base::Code::kNotFound, "the cluster was removed"));
}
inline event::Failed failed(Setback setback) {
    return {std::move(setback)};
}
inline event::Answered refused_probe(Setback setback) {
    return {"100", tl::unexpected(std::move(setback))};
}
inline event::Compared not_compared(Setback setback) {
    return {tl::unexpected(std::move(setback))};
}
inline const event::Listed kListed{"120", 0, ""};
inline const event::Learned kKnowsWatchLists{event::Learned::Server{"v1.33.0", true}};
inline const event::Learned kKnowsNone{event::Learned::Server{"v1.20.0", false}};

inline std::string to_text(Next need) {
    switch (need) {
        case Next::kSame:
            return "";
        case Next::kRelist:
            return "list";
        case Next::kRelistNewest:
            return "newest";
        case Next::kDiscover:
            break;
    }
    return "discover";
}

inline std::string_view to_text(Action action) {
    switch (action) {
        case Action::kInterrupt:
            return "interrupt";
        case Action::kEndPause:
            return "end pause";
        case Action::kResetBackoff:
            return "reset backoff";
        case Action::kLook:
            return "look";
        case Action::kConfirm:
            return "confirm";
        case Action::kRefuse:
            return "refuse";
        case Action::kRefuseForThat:
            return "refuse for that";
        case Action::kTellSetback:
            return "tell setback";
        case Action::kTellRecovery:
            return "tell recovery";
        case Action::kTellDoubt:
            return "tell doubt";
        case Action::kTellDifference:
            break;
    }
    return "tell difference";
}

inline std::string to_text(const std::vector<Action>& actions) {
    std::string text;
    for (const Action action : actions) {
        if (!text.empty()) text += ", ";
        text += to_text(action);
    }
    return text;
}

struct Row {
    const char* what;
    Session before;
    SessionEvent event;
    Stage after;
    const char* need;  // which list is needed then
    Doubt doubt;
    const char* shown;    // the state that is shown then, and its reason
    const char* actions;  // what is done at once
};

inline void expect_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        SCOPED_TRACE(row.what);
        const SessionStep step = next(row.before, row.event, kNow, times());
        EXPECT_EQ(to_text(step.session.stage), to_text(row.after));
        EXPECT_EQ(to_text(step.session.need), row.need);
        EXPECT_EQ(static_cast<int>(step.session.doubt), static_cast<int>(row.doubt));
        const MirrorStatus& status = step.session.status;
        std::string shown(to_text(status.state));
        if (!status.reason.empty()) shown += " " + status.reason;
        EXPECT_EQ(shown, row.shown);
        EXPECT_EQ(to_text(step.actions), row.actions);
    }
}

}  // namespace snapgate::mirror::session_testing
