// The session as a table: in a state, an event, the state after it, and what is done.
#include "mirror/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mirror/session_status.h"
#include "mirror/session_testing.h"

namespace snapgate::mirror {
namespace {

using namespace session_testing;
using enum Stage;
constexpr Doubt kSure = Doubt::kNone;

TEST(Session, AnAttemptGoesFromDiscoveryToAWatch) {
    const Session fresh = [] {
        Session session;
        session.status.state = MirrorState::kPending;
        return session;
    }();
    // clang-format off
    expect_rows({
     // what                        before                                       event                          after        need      doubt  shown              actions
     {"the first start",            fresh,                                       event::Begun{""},              kDiscover,   "list",   kSure, "Pending",         ""},
     {"a start with a mirror",      fresh,                                       event::Begun{"100"},           kDiscover,   "",       kSure, "Pending",         ""},
     {"the store does not say",     fresh,                                       event::Begun{std::nullopt},    kDiscover,   "list",   kSure, "Pending",         ""},
     {"a server of WatchLists",     at(kDiscover, {kUnknown}),                   kKnowsWatchLists,              kDiscover,   "",       kSure, "Ready",           ""},
     {"found, nothing held",        at(kDiscover, {kUnknown, kEmpty}),           event::Discovered{"v1beta1"},  kList,       "",       kSure, "Syncing Listing", ""},
     {"the same by WatchList",      at(kDiscover, {kUnknown, kEmpty, kWatchLists}), event::Discovered{"v1beta1"}, kCollect, "",       kSure, "Syncing Listing", ""},
     {"found, a list needed",       at(kDiscover, {kUnknown, needs(Next::kRelistNewest)}), event::Discovered{"v1beta1"}, kList, "newest", kSure, "Syncing Listing", ""},
     {"found, a version held",      at(kDiscover, {kUnknown}),                   event::Discovered{"v1beta1"},  kOpen,       "",       kSure, "Ready",           ""},
     {"the server is upgraded",     at(kAskServer, {needs(Next::kRelist)}),     kKnowsWatchLists,              kCollect,    "list",   kSure, "Syncing Listing", ""},
     {"the server is older now",    at(kAskServer, {kWatchLists, needs(Next::kRelist)}), kKnowsNone,           kList,       "list",   kSure, "Syncing Listing", ""},
     {"the server hides it",        at(kAskServer, {kWatchLists, needs(Next::kRelist)}), event::Learned{},     kList,       "list",   kSure, "Syncing Listing", ""},
     {"a list is published",        at(kList, {needs(Next::kRelistNewest), doubts(Doubt::kVersions)}), kListed, kOpen, "", kSure, "Ready",         ""},
     {"a WatchList is open",        at(kCollect, {needs(Next::kRelist)}),        event::Opened{},               kCollect,    "list",   kSure, "Ready",           ""},
     {"its state is published",     at(kCollect, {needs(Next::kRelist)}),        kListed,          kFollow,     "",       kSure, "Ready",           "look"},
     {"a watch is open",            at(kOpen, {kNothingAway}),                   event::Opened{},               kFollow,     "",       kSure, "Ready",           "look"},
     {"a watch tells changes",      at(kFollow),                                 event::Applied{"101", 3},      kFollow,     "",       kSure, "Ready",           ""},
     {"a bookmark",                 at(kFollow),                                 event::Applied{"105", 0},      kFollow,     "",       kSure, "Ready",           ""},
     {"the pause is over",          at(kPause),                                  event::Waited{},               kOpen,       "",       kSure, "Ready",           ""},
     {"and a list is needed",       at(kPause, {needs(Next::kRelist)}),          event::Waited{},               kList,       "list",   kSure, "Syncing Listing", ""},
     {"of one that failed",         at(kPause, {needs(Next::kRelist), kFailedBefore}), event::Waited{},         kAskServer, "list",   kSure, "Ready",           ""},
     {"the CRD was away",           at(kPause, {kUnknown, needs(Next::kRelist)}), event::Waited{},              kDiscover,   "list",   kSure, "Ready",           ""},
    });
    // clang-format on
}

TEST(Session, WhatAFailureMeansForTheNextAttempt) {
    // clang-format off
    expect_rows({
     // what                        before                           event                       after      need      doubt  shown                          actions
     {"discovery fails",            at(kDiscover, {kUnknown}),       failed(unreachable()),      kPause,    "",       kSure, "Unreachable ConnectionReset", "look, tell setback"},
     {"the kind is not installed",  at(kList),                       failed(answer(404)),        kPause,    "list",   kSure, "NotInstalled NotFound",       "look, tell setback"},
     {"a list fails",               at(kList, {needs(Next::kRelist)}), failed(answer(500)),      kPause,    "list",   kSure, "Failing InternalError",       "look, tell setback"},
     {"a watch is refused: 410",    at(kOpen),                       failed(answer(410)),        kList,     "list",   kSure, "Syncing Listing",             "look"},
     {"and again and again",        at(kOpen, {hurried(3)}),         failed(answer(410)),        kPause,    "list",   kSure, "Failing Expired",             "look, tell setback"},
     {"a watch is refused: 429",    at(kOpen),                       failed(answer(429)),        kPause,    "",       kSure, "Failing TooManyRequests",     "look, tell setback"},
     {"a watch is refused: 401",    at(kOpen),                       failed(answer(401)),        kPause,    "",       kSure, "Unauthorized Unauthorized",   "look, tell setback"},
     {"a watch is refused: 400",    at(kOpen),                       failed(answer(400)),        kPause,    "list",   kSure, "Failing BadRequest",          "look, tell setback"},
     {"a proxy's own page: 502",    at(kOpen),                       failed(answer(502)),        kPause,    "",       kSure, "Failing BadGateway",          "look, tell setback"},
     {"the newest list stays",      at(kList, {needs(Next::kRelistNewest)}), failed(malformed("x")), kPause, "newest", kSure, "Failing AnswerInvalid",      "look, tell setback"},
     {"no WatchList: 400",          at(kCollect, {kWatchLists, needs(Next::kRelist)}), failed(answer(400)), kList, "list", kSure, "Syncing Listing",          "look"},
     {"no WatchList, come later",   at(kCollect, {kWatchLists}),     failed(with_retry_after(answer(429), 2'000)), kPause, "", kSure, "Failing TooManyRequests", "look, tell setback"},
     {"its version is gone",        at(kCollect, {kWatchLists}),     failed(answer(410)),        kList,     "newest", kSure, "Syncing Listing",             "look"},
     {"it cannot be reached",       at(kCollect, {kWatchLists, needs(Next::kRelist)}), failed(unreachable()), kPause, "list", kSure, "Unreachable ConnectionReset", "look, tell setback"},
     {"a deletion within it",       at(kCollect, {kWatchLists, needs(Next::kRelist), hurried(3)}), event::Failed{malformed("x"), true}, kPause, "list", kSure, "Failing AnswerInvalid", "look, tell setback"},
     {"a watch says nonsense",      at(kFollow),                     failed(malformed("x")),     kPause,    "list",   kSure, "Failing AnswerInvalid",       "reset backoff, look, tell setback"},
     {"the cluster is removed",     at(kFollow),                     failed(removed()),          kEnd,      "",       kSure, "Ready",                       "reset backoff, interrupt, end pause, look"},
     {"what comes after the end",   at(kEnd),                        failed(unreachable()),      kEnd,      "",       kSure, "Ready",                       ""},
     {"a list when it has ended",   at(kEnd),                        kListed,       kEnd,      "",       kSure, "Ready",                       ""},
    });
    // clang-format on
}

TEST(Session, HowAWatchEnds) {
    const auto ended = [](size_t frames) { return event::Ended{std::nullopt, frames}; };
    const auto cut = [](Setback setback, size_t frames) {
        return event::Ended{std::move(setback), frames};
    };
    // clang-format off
    expect_rows({
     // what                        before                              event                     after       need    doubt  shown                          actions
     {"in good order",              at(kFollow),                        ended(5),                 kOpen,      "",     kSure, "Ready",                       "reset backoff"},
     {"after long silence",         at(kFollow),                        cut(silent(), 0),         kOpen,      "",     kSure, "Ready",                       "reset backoff"},
     {"cut after a while",          at(kFollow),                        cut(unreachable(), 5),    kOpen,      "",     kSure, "Ready",                       "reset backoff"},
     {"soon, with frames",          at(kFollow, {kJustOpened}),         ended(5),                 kOpen,      "",     kSure, "Ready",                       ""},
     {"for the fourth time",        at(kFollow, {kJustOpened, hurried(3)}), ended(5),             kPause,     "list", kSure, "Failing WatchClosed",         "look, tell setback"},
     {"as soon as it was open",     at(kFollow, {kJustOpened}),         ended(0),                 kPause,     "list", kSure, "Failing WatchClosed",         "look, tell setback"},
     {"cut as soon as open",        at(kFollow, {kJustOpened}),         cut(unreachable(), 0),    kPause,     "list", kSure, "Unreachable ConnectionReset", "look, tell setback"},
     {"cut soon, with frames",      at(kFollow, {kJustOpened}),         cut(unreachable(), 5),    kPause,     "",     kSure, "Unreachable ConnectionReset", "look, tell setback"},
     {"before its state's end",     at(kCollect, {kWatchLists, needs(Next::kRelist)}), ended(5),  kPause,     "list", kSure, "Unreachable ListCut",         "look, tell setback"},
     {"with another connection",    at(kClose, {kUnknown, kOtherConnection, needs(Next::kRelistNewest)}), cut(unreachable(), 5), kDiscover, "newest", kSure, "Ready", ""},
     {"and the watch was young",    at(kClose, {kUnknown, kOtherConnection, kJustOpened, needs(Next::kRelistNewest)}), cut(unreachable(), 0), kDiscover, "newest", kSure, "Ready", ""},
     {"and it was a WatchList",     at(kCollect, {kUnknown, kOtherConnection, needs(Next::kRelistNewest)}), cut(unreachable(), 0), kDiscover, "newest", kSure, "Ready", ""},
    });
    // clang-format on
}

TEST(Session, ADoubtIsRaisedByALossAndTakenBackByTheCluster) {
    const event::Answered told_more{"100", "105"};
    const event::Answered told_less{"100", "90"};
    const event::Compared equal{""};
    const event::Compared differs{"1 object here, 2 in the cluster, at version 100"};
    const event::Compared differs_by_skipped{"1 object here, 2 in the cluster", true};
    // clang-format off
    expect_rows({
     // what                        before                                event                      after    need      doubt               shown                       actions
     {"opened again at once",       at(kOpen, {away(300)}),               event::Opened{},           kFollow, "",       Doubt::kNone,       "Ready",                    "look"},
     {"after a failure",            at(kOpen, {away(300), kFailedBefore}), event::Opened{},          kFollow, "",       Doubt::kAnswer,     "Ready",                    "look"},
     {"after a long while",         at(kOpen, {away(5'001)}),             event::Opened{},           kFollow, "",       Doubt::kContent,    "Ready",                    "look"},
     {"an event of a known version", at(kFollow),                        event::Doubted{},          kFollow, "",       Doubt::kContent,    "Ready",                    "look"},
     {"a probe answers",            at(kFollow, {doubts(Doubt::kAnswer)}), told_more,                kFollow, "",       Doubt::kNone,       "Ready",                    "confirm"},
     {"it says an older version",   at(kFollow),                          told_less,                 kClose,  "newest", Doubt::kVersions,   "Ready",                    "interrupt, tell doubt, refuse"},
     {"the cluster is busy",        at(kFollow),                          refused_probe(busy()),     kFollow, "",       Doubt::kNone,       "Ready",                    "refuse"},
     {"it does not answer",         at(kFollow),                          refused_probe(silent()),   kClose,  "",       Doubt::kNone,       "Ready",                    "interrupt, refuse for that"},
     {"it answers without a watch", at(kOpen, {doubts(Doubt::kAnswer)}),  told_more,                 kOpen,   "",       Doubt::kAnswer,     "Ready",                    ""},
     {"compared and equal",         at(kFollow, {doubts(Doubt::kContent)}), equal,                   kFollow, "",       Doubt::kNone,       "Ready",                    ""},
     {"compared and different",     at(kFollow, {doubts(Doubt::kContent)}), differs,                 kClose,  "newest", Doubt::kVersions,   "Ready",                    "interrupt, tell doubt"},
     {"by what cannot be shown",    at(kFollow, {doubts(Doubt::kContent)}), differs_by_skipped,      kFollow, "",       Doubt::kContent,    "Ready",                    ""},
     {"compared by a busy one",     at(kFollow, {doubts(Doubt::kContent)}), not_compared(busy()),    kFollow, "",       Doubt::kContent,    "Ready",                    "refuse"},
     {"the list is gone",           at(kFollow, {doubts(Doubt::kContent)}), not_compared(answer(410)), kClose, "newest", Doubt::kVersions,  "Ready",                    "interrupt, tell doubt"},
     {"a list of no use",           at(kFollow, {doubts(Doubt::kContent)}), not_compared(Setback()), kClose,  "newest", Doubt::kVersions,   "Ready",                    "interrupt, tell doubt"},
     {"the connection is lost",     at(kFollow, {doubts(Doubt::kContent)}), not_compared(unreachable()), kClose, "",    Doubt::kContent,    "Ready",                    "interrupt"},
     {"compared without a watch",   at(kPause, {doubts(Doubt::kContent)}), differs,                  kPause,  "",       Doubt::kContent,    "Ready",                    ""},
     {"the self-check is content",  at(kFollow),                          event::Checked{""},        kFollow, "",       Doubt::kNone,       "Ready",                    ""},
     {"it finds a difference",      at(kFollow),                          event::Checked{"x"},       kClose,  "newest", Doubt::kVersions,   "Ready",                    "interrupt, tell difference"},
     {"one of what is not shown",   at(kFollow),                          event::Checked{"x", true}, kFollow, "",       Doubt::kNone,       "Ready",                    ""},
     {"one by an old connection",   at(kFollow),                          event::Checked{"x", false, true}, kFollow, "", Doubt::kNone,      "Ready",                    ""},
     {"compared by an old one",     at(kFollow, {doubts(Doubt::kContent)}), event::Compared{"x", false, true}, kFollow, "", Doubt::kContent, "Ready",                  ""},
     {"opened by an old one",       at(kOpen, {kOtherConnection, needs(Next::kRelistNewest)}), event::Opened{}, kClose, "newest", Doubt::kNone, "Ready",             "interrupt"},
     {"and no watch is open",       at(kPause),                           event::Checked{"x"},       kPause,  "newest", Doubt::kVersions,   "Ready",                    "interrupt, tell difference"},
    });
    // clang-format on
}

TEST(Session, WhatComesFromOutside) {
    // clang-format off
    expect_rows({
     // what                        before                          event                   after    need      doubt              shown                       actions
     {"another connection",         at(kFollow),                    event::SourceChanged{}, kClose,  "newest", Doubt::kVersions,  "Syncing ConnectionChanged", "reset backoff, interrupt, end pause, look"},
     {"in a pause",                 at(kPause),                     event::SourceChanged{}, kPause,  "newest", Doubt::kVersions,  "Syncing ConnectionChanged", "reset backoff, interrupt, end pause, look"},
     {"in a list",                  at(kList),                      event::SourceChanged{}, kList,   "newest", Doubt::kVersions,  "Syncing ConnectionChanged", "reset backoff, interrupt, end pause, look"},
     {"that list is published",     at(kList, {kUnknown, kOtherConnection, needs(Next::kRelistNewest)}), kListed, kDiscover, "newest", Doubt::kNone, "Ready", ""},
     {"or that WatchList",          at(kCollect, {kUnknown, kOtherConnection, needs(Next::kRelistNewest)}), kListed, kClose, "newest", Doubt::kNone, "Ready", "interrupt"},
     {"or that list is cut off",    at(kList, {kUnknown, kOtherConnection, needs(Next::kRelistNewest)}), failed(unreachable()), kDiscover, "newest", Doubt::kNone, "Ready", ""},
     {"somebody asks to try",       at(kPause, {[](Session& s) { s.status.state = MirrorState::kFailing; }}), event::RetryAsked{}, kPause, "", Doubt::kNone, "Failing", "reset backoff, end pause"},
     {"and nothing is wrong",       at(kFollow),                    event::RetryAsked{},    kFollow, "",       Doubt::kNone,      "Ready",                    ""},
     {"a bug",                      at(kFollow),                    event::Crashed{},       kClose,  "newest", Doubt::kVersions,  "Failing InternalError",    "interrupt"},
     {"and begun again",            at(kClose, {needs(Next::kRelistNewest), kFailedBefore}), event::Begun{"100"}, kAskServer, "newest", Doubt::kNone, "Ready", ""},
     {"the end",                    at(kFollow),                    event::Stopped{},       kEnd,    "",       Doubt::kNone,      "Ready",                    "interrupt, end pause, look"},
     {"is the end",                 at(kEnd),                       event::SourceChanged{}, kEnd,    "",       Doubt::kNone,      "Ready",                    ""},
    });
    // clang-format on
}

Session after(Session session, const SessionEvent& event, const Moment& now = kNow) {
    return next(std::move(session), event, now, times()).session;
}

TEST(Session, ABookmarkThatWasWrittenDownIsGoneOnFrom) {
    struct Case {
        const char* resume;
        const char* list_version;
        const char* begins_at;
    };
    for (const Case& one : std::vector<Case>{{"150", "100", "150"},
                                             {"150", "90", "100"},  // the mirror went on since
                                             {"80", "100", "100"},
                                             {"", "100", "100"}}) {
        Session session;
        session.status.resume_version = one.resume;
        session.status.list_version = one.list_version;
        EXPECT_EQ(after(session, event::Begun{"100"}).version, one.begins_at) << one.resume;
    }
}

TEST(Session, AMirrorIsAwaySinceItWasLastConfirmed) {
    Session session;
    session.status.confirmed_ms = kWallMs - 700;
    EXPECT_EQ(after(session, event::Begun{"100"}).away_since, kNow.time - milliseconds(700));
    // A clock that was set back tells nothing.
    for (const int64_t unknown : {int64_t{0}, kWallMs + 1}) {
        session.status.confirmed_ms = unknown;
        const Session begun = after(session, event::Begun{"100"});
        EXPECT_GT(kNow.time - *begun.away_since, milliseconds(86'400'000)) << unknown;
        EXPECT_LE(begun.status.confirmed_ms, kWallMs) << "its age counts from now on";
    }
}

TEST(Session, ARetryAfterIsHonouredTenTimes) {
    Session session = at(kOpen);
    for (int count = 1; count <= 11; ++count) {
        session = after(session, failed(with_retry_after(answer(429), 2'000)));
        if (count <= 10) {
            EXPECT_EQ(session.retry_after, milliseconds(2'000)) << count;
        } else {
            EXPECT_EQ(session.retry_after, std::nullopt);
        }
        session.stage = kOpen;
    }
    session = after(at(kOpen), failed(with_retry_after(answer(429), 0)));
    EXPECT_EQ(session.retry_after, times().backoff_first);
    session.stage = kOpen;
    EXPECT_EQ(after(session, failed(unreachable())).retry_after, std::nullopt);
}

TEST(Session, TheSameFailureIsToldOnceUntilItIsFollowed) {
    const auto first = next(at(kOpen), failed(unreachable()), kNow, times());
    EXPECT_EQ(to_text(first.actions), "look, tell setback");
    EXPECT_EQ(first.why.message, "the connection was reset");
    EXPECT_EQ(first.session.status.failures, 1U);
    const auto second =
        next(after(first.session, event::Waited{}), failed(unreachable()), kNow, times());
    EXPECT_EQ(to_text(second.actions), "look");
    EXPECT_EQ(second.session.status.failures, 2U);
    Moment later = kNow;
    later.time += std::chrono::milliseconds(95'000);
    const auto opened =
        next(after(second.session, event::Waited{}), event::Opened{}, later, times());
    Session followed = opened.session;
    ASSERT_EQ(followed.stage, kFollow);
    EXPECT_THAT(to_text(opened.actions), testing::HasSubstr("tell recovery"));
    EXPECT_EQ(opened.why.message, "2 failed attempts in 1m35s, the first by ConnectionReset");
    EXPECT_EQ(opened.why.state, MirrorState::kUnreachable);
    followed.stage = kOpen;
    EXPECT_EQ(to_text(next(followed, failed(unreachable()), kNow, times()).actions),
              "look, tell setback");
}

TEST(Session, EachReasonIsToldOnceUntilItIsFollowedAndNoMoreThanAFew) {
    Session session = at(kOpen);
    size_t told = 0;
    for (int attempt = 0; attempt < 40; ++attempt) {
        Setback setback = unreachable();
        // Two that take turns, and then ever new ones.
        if (attempt % 2 == 1) setback.reason = "Other";
        if (attempt >= 20) setback.reason += std::to_string(attempt);
        const auto step = next(session, failed(setback), kNow, times());
        told += to_text(step.actions).find("tell setback") == std::string::npos ? 0U : 1U;
        if (attempt == 19) EXPECT_EQ(told, 2U);
        session = after(step.session, event::Waited{});
    }
    EXPECT_EQ(told, 8U);
    const auto opened = next(session, event::Opened{}, kNow, times());
    EXPECT_EQ(opened.why.message, "40 failed attempts in 0s, the first by ConnectionReset");
    EXPECT_TRUE(opened.session.told.none());
}

TEST(Session, AServerThatRefusedAWatchListIsAskedForOneOnceItIsAnother) {
    Session session = after(at(kCollect, {kWatchLists, needs(Next::kRelist)}), failed(answer(400)));
    EXPECT_EQ(session.stage, kList);
    EXPECT_EQ(session.watch_list_refused_by, "v1.33.0");
    session.stage = kAskServer;
    EXPECT_EQ(after(session, kKnowsWatchLists).stage, kList);
    EXPECT_EQ(after(session, event::Learned{event::Learned::Server{"v1.34.0", true}}).stage,
              kCollect);
    // A list that is refused likewise shows that it was not about WatchList.
    session.stage = kList;
    EXPECT_EQ(after(session, failed(answer(403))).watch_list_refused_by, "");
    EXPECT_EQ(after(session, failed(answer(500))).watch_list_refused_by, "v1.33.0");
}

TEST(Session, AWatchListThatFailedTwiceIsNotAskedForAfterAPauseEither) {
    for (const SessionEvent& failure :
         std::vector<SessionEvent>{event::Ended{unreachable(), 5}, failed(malformed("x"))}) {
        Session session = at(kAskServer, {needs(Next::kRelist), kFailedBefore});
        for (const Stage expected : {kCollect, kCollect, kList}) {
            session = after(session, kKnowsWatchLists);
            EXPECT_EQ(to_text(session.stage), to_text(expected));
            session = after(after(session, failure), event::Waited{});
        }
    }
}

TEST(Session, AWatchListThatNeverComesToItsEndIsNotAskedForAThirdTime) {
    Session session = after(at(kCollect, {kWatchLists}), event::Ended{unreachable(), 5});
    EXPECT_TRUE(session.watch_list);
    session.stage = kCollect;
    EXPECT_FALSE(after(session, event::Ended{unreachable(), 5}).watch_list);
    // One that says nothing at all, not for a second time.
    EXPECT_FALSE(after(at(kCollect, {kWatchLists}), event::Ended{unreachable(), 0}).watch_list);
    session = after(session, kListed);
    EXPECT_EQ(session.watch_list_failures, 0U);
    EXPECT_FALSE(
        after(at(kCollect, {kWatchLists}), event::Failed{malformed("x"), true}).watch_list);
}

TEST(Session, AProbeFollowsAConnectionThatWasCut) {
    EXPECT_TRUE(after(at(kFollow), event::Ended{unreachable(), 5}).probe_at_once);
    EXPECT_FALSE(after(at(kFollow), event::Ended{silent(), 5}).probe_at_once);
    EXPECT_FALSE(after(at(kFollow), event::Ended{std::nullopt, 5}).probe_at_once);
    Session session = at(kFollow);
    session.probe_at_once = true;
    EXPECT_TRUE(liveness_of(session, false, kNow, times()).probe_at_once);
    EXPECT_FALSE(after(session, event::Asked{}).probe_at_once);
}

TEST(Session, WhyAWatchWasClosedIsToldInPlaceOfTheConnectionsEnd) {
    const Session closing = after(at(kFollow), refused_probe(silent()));
    EXPECT_EQ(closing.stage, kClose);
    EXPECT_EQ(closing.away_since, closing.heard);
    const auto ended = next(closing, event::Ended{unreachable(), 5}, kNow, times());
    EXPECT_EQ(ended.session.status.reason, net::outbound_reason::kAnswerTimeout);
    EXPECT_EQ(ended.session.stage, kPause);
    EXPECT_EQ(ended.session.closing, std::nullopt);
    // Where the versions went back there is no pause.
    const Session back = after(at(kFollow), event::Answered{"100", "90"});
    const Session relists = after(back, event::Ended{unreachable(), 5});
    EXPECT_EQ(relists.stage, kList);
    EXPECT_EQ(relists.need, Next::kRelistNewest);
}

TEST(Session, ABusyClusterIsLeftAloneForAsLongAsItSays) {
    const auto until = [](std::optional<int64_t> retry_after_ms) {
        Setback setback = busy();
        if (retry_after_ms) setback.retry_after = milliseconds(*retry_after_ms);
        const Session session = after(at(kFollow), refused_probe(setback));
        EXPECT_EQ(session.busy_message, setback.message);
        return std::chrono::duration_cast<milliseconds>(session.busy_until - kNow.time).count();
    };
    EXPECT_EQ(until(std::nullopt), 10'000);
    EXPECT_EQ(until(2'000), 2'000);
    EXPECT_EQ(until(0), 800);
    EXPECT_EQ(until(300'000), 30'000);
}

TEST(Session, ItIsConfirmedForAsLongAsItIsFollowedWithoutADoubt) {
    const Session session = at(kFollow);
    EXPECT_EQ(shown_status(session, kNow, times()).confirmed_ms, kWallMs - 300);
    EXPECT_EQ(shown_status(at(kFollow, {doubts(Doubt::kAnswer)}), kNow, times()).confirmed_ms, 0);
    // Until it was last heard, once the watch has ended.
    EXPECT_EQ(after(session, event::Ended{unreachable(), 5}).status.confirmed_ms, kWallMs - 300);
    EXPECT_EQ(after(session, event::Heard{}).heard, kNow.time);
    EXPECT_EQ(after(at(kClose), event::Heard{}).heard, kNow.time - milliseconds(300));
    // What the watch says is no proof of what it does not say.
    const auto proved = [](const Session& now) {
        return liveness_of(now, false, kNow, times()).proved;
    };
    EXPECT_EQ(proved(after(session, event::Heard{})), session.proved);
    EXPECT_EQ(proved(after(session, event::Answered{"100", "100"})), kNow.time);
}

TEST(Session, WhatIsOnItsWayWhenAWatchOpensIsWaitedForBeforeItCounts) {
    Session session = after(at(kOpen, {away(300), kFailedBefore}), event::Opened{});
    session = after(session, event::Answered{"100", "100"});
    EXPECT_EQ(shown_status(session, later(milliseconds(99)), times()).reason, "CatchingUp");
    EXPECT_EQ(shown_status(session, later(milliseconds(100)), times()).reason, "");
    // Every event puts it off.
    session = after(session, event::Applied{"101", 1}, later(milliseconds(90)));
    EXPECT_EQ(shown_status(session, later(milliseconds(189)), times()).reason, "CatchingUp");
    EXPECT_EQ(shown_status(session, later(milliseconds(190)), times()).reason, "");
    // One that comes later does not begin it anew.
    session = after(session, event::Applied{"102", 1}, later(milliseconds(500)));
    EXPECT_EQ(shown_status(session, later(milliseconds(500)), times()).reason, "");
}

TEST(Session, AShortGapBetweenTwoWatchesIsNotShown) {
    Session session = after(at(kFollow), event::Ended{std::nullopt, 5});
    EXPECT_TRUE(shown_status(session, later(milliseconds(2'000)), times()).ready());
    EXPECT_TRUE(liveness_of(session, true, later(milliseconds(2'000)), times()).reopening);
    const MirrorStatus late = shown_status(session, later(milliseconds(2'001)), times());
    EXPECT_EQ(late.reason, "Reconnecting");
    EXPECT_FALSE(liveness_of(session, true, later(milliseconds(2'001)), times()).reopening);
    session.doubt = Doubt::kContent;
    EXPECT_EQ(shown_status(session, kNow, times()).reason, "CatchingUp");
}

TEST(Session, TheVersionsThatWereToldAreForgottenWhereTheyMayComeAgain) {
    EXPECT_FALSE(forgets_versions(at(kList), "100"));
    EXPECT_FALSE(forgets_versions(at(kList), "120"));
    EXPECT_TRUE(forgets_versions(at(kList), "90"));
    EXPECT_TRUE(forgets_versions(at(kList, {needs(Next::kRelistNewest)}), "120"));
}

TEST(Session, WhatIsCountedIsShown) {
    Session session = after(at(kList), event::Listed{"120", 2, "a/b: larger than 2 MiB"});
    session = after(session, event::Applied{"121", 7});
    EXPECT_EQ(session.status.skipped, 2U);
    EXPECT_EQ(session.status.skipped_example, "a/b: larger than 2 MiB");
    EXPECT_EQ(session.status.syncs, 1U);
    EXPECT_EQ(session.status.events, 7U);
    EXPECT_EQ(session.status.synced_ms, kWallMs);
    EXPECT_TRUE(session.status.has_synced);
    EXPECT_EQ(shown_status(session, kNow, times()).resume_version, "121");
    session = after(session, event::Skipped{0, ""});
    EXPECT_EQ(session.status.skipped, 0U);
    session = after(at(kFollow), event::Checked{"1 object here, 2 in the cluster"});
    EXPECT_EQ(session.status.checks, 1U);
    EXPECT_EQ(session.status.differences, 1U);
    EXPECT_EQ(session.status.check_outcome, "1 object here, 2 in the cluster");
    session = after(session, event::Checked{"1 object here, 2 in the cluster", true});
    EXPECT_EQ(session.status.check_outcome,
              "not compared: what cannot be shown has changed meanwhile");
    EXPECT_EQ(session.status.differences, 1U);
    session = after(session, event::Checked{tl::unexpected(busy())});
    EXPECT_EQ(session.status.checks, 1U);
    EXPECT_EQ(session.status.check_outcome, "not compared: the cluster answered 429");
}

}  // namespace
}  // namespace snapgate::mirror
