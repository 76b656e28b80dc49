#include "access/keys.h"

#include <gmock/gmock.h>

#include "access/projects.h"
#include "store/temporary_store_testing.h"

namespace snapgate::access {
namespace {

using testing::HasSubstr;
using testing::Not;

class KeysTest : public testing::Test {
  protected:
    base::Result<void> write(const store::WriteFunction& function) {
        auto done = store_->write_and_wait(store::Priority::kRequest, function);
        if (done) done = ring_.reload(store_->read());
        return done;
    }
    base::Result<void> add(const NewKey& made) {
        return write([&](store::WriteTxn& txn) { return create_key(txn, made.key); });
    }
    base::Result<void> remove(const std::string& id) {
        return write([&](store::WriteTxn& txn) { return delete_key(txn, id, now()); });
    }
    int64_t now() const { return store_.clock.now_ms(); }

    store::TemporaryStore store_;
    KeyRing ring_{store_.clock};
};

TEST_F(KeysTest, OnlyTheHashIsKept) {
    NewKey made = make_key("k", Role::kReader, "", now(), std::nullopt);
    EXPECT_EQ(made.text.size(), 4 + 12 + 1 + 43U);
    EXPECT_THAT(made.key.record(), Not(HasSubstr(made.text.substr(17))));
    ASSERT_TRUE(add(made));
    auto principal = ring_.authenticate(made.text);
    ASSERT_TRUE(principal);
    EXPECT_EQ(principal->key_id, made.key.id);
    EXPECT_EQ(principal->role, Role::kReader);
}

TEST_F(KeysTest, EveryWrongKeyIsTheSameError) {
    NewKey made = make_key("k", Role::kAdmin, "", now(), now() + 1000);
    ASSERT_TRUE(add(made));
    std::string changed = made.text;
    changed.back() = changed.back() == 'A' ? 'B' : 'A';
    std::string message = ring_.authenticate("").error().message;
    for (const std::string& text :
         {changed, made.text + "x", made.text.substr(0, made.text.size() - 1),
          std::string("sgk_000000000000_") + std::string(43, 'A'), std::string(100'000, 's')}) {
        auto refused = ring_.authenticate(text);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, base::Code::kUnauthorized);
        EXPECT_EQ(refused.error().message, message);
    }
    store_.clock.advance(999);
    EXPECT_TRUE(ring_.authenticate(made.text));
    EXPECT_TRUE(ring_.is_good(made.key.id));
    store_.clock.advance(1);
    EXPECT_FALSE(ring_.authenticate(made.text));
    EXPECT_FALSE(ring_.is_good(made.key.id));
}

TEST_F(KeysTest, TheIdThatATextClaimsIsNoMoreThanAnId) {
    const NewKey made = make_key("a", Role::kReader, "", 0, std::nullopt);
    EXPECT_EQ(claimed_id(made.text), made.key.id);
    EXPECT_EQ(claimed_id(made.text + "x"), made.key.id);
    EXPECT_EQ(claimed_id("sgk_0123456789ab_"), "0123456789ab");
    // Nothing else comes into a log by this way.
    for (const char* text : {"", "sgk_", "sgk_0123456789ab", "sgk_0123456789ag_x",
                             "sgk_0123456789AB_x", "sgk_01234\"\n78ab_x", "0123456789ab"})
        EXPECT_EQ(claimed_id(text), "") << text;
}

TEST_F(KeysTest, TheLastAdminOfTheTenantStays) {
    NewKey admin = make_key("a", Role::kAdmin, "", now(), std::nullopt);
    NewKey expired = make_key("b", Role::kAdmin, "", now(), now());
    NewKey reader = make_key("c", Role::kReader, "", now(), std::nullopt);
    for (const NewKey* key : {&admin, &expired, &reader}) ASSERT_TRUE(add(*key));
    EXPECT_EQ(remove(admin.key.id).error().code, base::Code::kConflict);
    EXPECT_TRUE(remove(expired.key.id));
    EXPECT_TRUE(remove(reader.key.id));
    NewKey other = make_key("d", Role::kAdmin, "", now(), std::nullopt);
    ASSERT_TRUE(add(other));
    EXPECT_TRUE(remove(admin.key.id));
    EXPECT_FALSE(ring_.authenticate(admin.text));
    EXPECT_TRUE(ring_.authenticate(other.text));
    EXPECT_EQ(remove("nosuchkey").error().code, base::Code::kNotFound);
}

TEST_F(KeysTest, AnAdminThatExpiresIsNoSubstituteForOneThatLasts) {
    const NewKey admin = make_key("a", Role::kAdmin, "", now(), std::nullopt);
    const NewKey soon = make_key("b", Role::kAdmin, "", now(), now() + 3'600'000);
    const NewKey later = make_key("c", Role::kAdmin, "", now(), now() + 7'200'000);
    for (const NewKey* key : {&admin, &soon, &later}) ASSERT_TRUE(add(*key));
    EXPECT_EQ(remove(admin.key.id).error().code, base::Code::kConflict);
    EXPECT_TRUE(remove(soon.key.id));
    const NewKey other = make_key("d", Role::kAdmin, "", now(), std::nullopt);
    ASSERT_TRUE(add(other));
    EXPECT_TRUE(remove(admin.key.id));
}

TEST_F(KeysTest, AKeyAsksAsOftenAsItMay) {
    const NewKey one = make_key("a", Role::kReader, "", now(), std::nullopt);
    const NewKey other = make_key("b", Role::kReader, "", now(), std::nullopt);
    for (const NewKey* key : {&one, &other}) ASSERT_TRUE(add(*key));
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(ring_.count_request(one.key.id)) << "without a limit";
    ring_.set_limit({10, 3});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(ring_.count_request(one.key.id)) << i;
    const auto refused = ring_.count_request(one.key.id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::kTooManyRequests);
    EXPECT_EQ(refused.error().retry_after_seconds, 1U);
    EXPECT_TRUE(ring_.count_request(other.key.id)) << "each key has its own";
    store_.clock.advance(100);
    EXPECT_TRUE(ring_.count_request(one.key.id));
    EXPECT_FALSE(ring_.count_request(one.key.id));
    store_.clock.advance(3'600'000);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(ring_.count_request(one.key.id)) << i;
    EXPECT_FALSE(ring_.count_request(one.key.id));
    EXPECT_TRUE(ring_.count_request("nosuchkey"));
}

TEST_F(KeysTest, AKeyMayBeHeldToClusters) {
    NewKey made = make_key("k", Role::kReader, "", now(), std::nullopt);
    made.key.clusters = {{"b", 7}, {"a", 3}};
    ASSERT_TRUE(add(made));
    const auto principal = ring_.authenticate(made.text);
    ASSERT_TRUE(principal);
    ASSERT_TRUE(principal->clusters);
    EXPECT_THAT(*principal->clusters, testing::ElementsAre(3, 7));
    const Scope scope{"p", principal->clusters};
    EXPECT_TRUE(scope.sees_cluster("p", 7));
    EXPECT_FALSE(scope.sees_cluster("p", 4));
    EXPECT_FALSE(scope.sees_cluster("q", 7)) << "another project";
    // By what they are: the same clusters of another key are the same scope.
    EXPECT_EQ(scope, (Scope{"p", made.key.some_clusters()}));
    EXPECT_NE(scope, (Scope{"p", nullptr}));
    // A record that cannot be read must not become a key that sees more.
    for (const char* clusters : {"[]", "null", "{}", R"([{"uid":"a"}])", R"([{"number":0}])"}) {
        const std::string record = made.key.record();
        const size_t begin = record.find("\"clusters\":") + 11;
        const std::string broken =
            record.substr(0, begin) + clusters + record.substr(record.find(']') + 1);
        EXPECT_FALSE(Key::parse(made.key.id, broken)) << broken;
    }
    EXPECT_TRUE(Key::parse(made.key.id, made.key.record()));
}

TEST_F(KeysTest, AWriteSeesTheWritesBeforeItInItsCommit) {
    const NewKey one = make_key("a", Role::kAdmin, "", now(), std::nullopt);
    const NewKey same = make_key("a", Role::kReader, "", now(), std::nullopt);
    ASSERT_TRUE(add(one));
    ASSERT_TRUE(store_->write_and_wait(
        store::Priority::kRequest, [&](store::WriteTxn& txn) -> base::Result<void> {
            EXPECT_FALSE(create_key(txn, same.key, &ring_.table()));
            const NewKey other = make_key("b", Role::kAdmin, "", now(), std::nullopt);
            SNAPGATE_TRY(create_key(txn, other.key, &ring_.table()));
            SNAPGATE_TRY(delete_key(txn, one.key.id, now(), &ring_.table()));
            EXPECT_EQ(delete_key(txn, other.key.id, now(), &ring_.table()).error().code,
                      base::Code::kConflict);
            return create_key(txn, same.key, &ring_.table());
        }));
}

// So that one more key costs the same beside ten thousand as beside ten.
TEST_F(KeysTest, AWriteReadsNoOtherKeys) {
    ASSERT_TRUE(add(make_key("a", Role::kAdmin, "", now(), std::nullopt)));
    // The table does not hear of this row, at which whoever reads all of them fails.
    ASSERT_TRUE(store_->write_and_wait(store::Priority::kRequest, [](store::WriteTxn& txn) {
        return txn.put_record(store::RecordType::kKey, "unreadable", "no JSON");
    }));
    const NewKey made = make_key("b", Role::kReader, "", now(), std::nullopt);
    const auto write_with = [&](const KeyTable* table) {
        return store_->write_and_wait(store::Priority::kRequest,
                                      [&](store::WriteTxn& txn) -> base::Result<void> {
                                          SNAPGATE_TRY(create_key(txn, made.key, table));
                                          return delete_key(txn, made.key.id, now(), table);
                                      });
    };
    EXPECT_TRUE(write_with(&ring_.table()));
    EXPECT_FALSE(write_with(nullptr)) << "this is how it would be";
}

TEST_F(KeysTest, WhoHoldsAKeyLearnsThatItHasExpired) {
    const NewKey made = make_key("k", Role::kReader, "", now(), now() + 1000);
    ASSERT_TRUE(add(made));
    store_.clock.advance(1000);
    const auto refused = ring_.authenticate(made.text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::kUnauthorized);
    EXPECT_EQ(refused.error().message, "this key has expired: it was good until " +
                                           base::format_rfc3339(*made.key.expires_ms));
    // Who has its id alone learns nothing.
    const auto guessed = ring_.authenticate(made.text.substr(0, made.text.size() - 2) + "AA");
    const auto unknown = ring_.authenticate("sgk_000000000000_x");
    EXPECT_EQ(guessed.error().message, unknown.error().message);
}

TEST_F(KeysTest, TheTimeThatIsLeftIsKnownBeforehand) {
    const NewKey lasting = make_key("a", Role::kReader, "", now(), std::nullopt);
    const NewKey made = make_key("b", Role::kReader, "", now(), now() + 1000);
    for (const NewKey* key : {&lasting, &made}) ASSERT_TRUE(add(*key));
    EXPECT_EQ(ring_.remaining(lasting.key.id), std::nullopt);
    EXPECT_EQ(ring_.remaining("nobody"), base::Millis(0));
    EXPECT_EQ(ring_.remaining(made.key.id), base::Millis(1000));
    store_.clock.advance(400);
    EXPECT_EQ(ring_.remaining(made.key.id), base::Millis(600));
    // Set back, the clock gives no time; set forward, it takes some.
    store_.clock.step(-500);
    EXPECT_EQ(ring_.remaining(made.key.id), base::Millis(600));
    store_.clock.step(600);
    EXPECT_EQ(ring_.remaining(made.key.id), base::Millis(500));
    store_.clock.advance(500);
    EXPECT_LE(ring_.remaining(made.key.id), base::Millis(0));
    EXPECT_FALSE(ring_.is_good(made.key.id));
}

TEST_F(KeysTest, NamesAreUnique) {
    ASSERT_TRUE(add(make_key("k", Role::kReader, "", now(), std::nullopt)));
    auto again = add(make_key("k", Role::kAdmin, "", now(), std::nullopt));
    EXPECT_EQ(again.error().code, base::Code::kAlreadyExists);
}

TEST_F(KeysTest, AKeyOfAProjectNeedsTheProject) {
    auto made = add(make_key("k", Role::kReader, "nowhere", now(), std::nullopt));
    EXPECT_EQ(made.error().code, base::Code::kNotFound);
}

TEST_F(KeysTest, LastUseIsWrittenDownWhenItChanged) {
    NewKey made = make_key("k", Role::kReader, "", now(), std::nullopt);
    ASSERT_TRUE(add(made));
    EXPECT_FALSE(ring_.take_changes());
    store_.clock.advance(5);
    ASSERT_TRUE(ring_.authenticate(made.text));
    auto flush = ring_.take_changes();
    ASSERT_TRUE(flush);
    ASSERT_TRUE(write(*flush));
    EXPECT_FALSE(ring_.take_changes());
    store_.reopen();
    KeyRing fresh(store_.clock);
    ASSERT_TRUE(fresh.reload(store_->read()));
    EXPECT_EQ(fresh.last_used_ms(fresh.keys()->at(made.key.id)), now());
}

// What becomes of keys when the system's clock is wrong for a while.
class KeysAndWrongClocksTest : public KeysTest {
  protected:
    static constexpr int64_t kHour = 3'600'000;
    static constexpr int64_t kDay = 24 * kHour;

    NewKey add_key(int64_t lasts) {
        NewKey made = make_key("k", Role::kReader, "", now(), now() + lasts);
        EXPECT_TRUE(add(made));
        return made;
    }
    // What the server does once a minute.
    void keep_house() {
        if (const auto changes = ring_.take_changes()) ASSERT_TRUE(write(*changes));
    }
    void restart() {
        store_.reopen();
        restarted_.emplace(store_.clock);
        ASSERT_TRUE(restarted_->reload(store_->read()));
    }
    // The same, by the server that was started last.
    void keep_restarted() {
        const auto changes = restarted_->take_changes();
        if (!changes) return;
        ASSERT_TRUE(store_->write_and_wait(store::Priority::kRequest, *changes));
        ASSERT_TRUE(restarted_->reload(store_->read()));
    }
    // A server that starts with a clock that is wrong by `error`, runs for a while, and stops.
    void run_with_clock(int64_t error, int64_t for_ms) {
        store_.clock.step(error);
        restart();
        keep_restarted();
        store_.clock.advance(for_ms);
        keep_restarted();
        store_.clock.step(-error);
    }
    void expect_as_made(const Key& made) {
        const Key& key = restarted_->keys()->at(made.id);
        EXPECT_EQ(key.created_ms, made.created_ms);
        EXPECT_EQ(key.expires_ms, made.expires_ms);
        EXPECT_FALSE(key.made);
    }
    int64_t created(const std::string& id) { return ring_.keys()->at(id).created_ms; }

    std::optional<KeyRing> restarted_;
};

TEST_F(KeysAndWrongClocksTest, AnExpiredKeyIsGoodAgainOnceTheClockIsRight) {
    const NewKey made = add_key(kDay);
    for (const int64_t error : {400 * kDay, 10 * 365 * kDay}) {
        store_.clock.step(error);
        EXPECT_FALSE(ring_.authenticate(made.text));
        keep_house();
        store_.clock.step(-error);
        EXPECT_TRUE(ring_.authenticate(made.text));
    }
    EXPECT_EQ(ring_.keys_ahead(), 0);
}

TEST_F(KeysAndWrongClocksTest, AKeyMadeInTheFutureLivesFromWhenThatIsNoticed) {
    store_.clock.step(400 * kDay);
    const NewKey made = add_key(kHour);
    store_.clock.step(-400 * kDay);
    store_.clock.advance(1'000);
    keep_house();
    EXPECT_EQ(ring_.keys_ahead(), 1);
    EXPECT_EQ(created(made.key.id), now());
    EXPECT_FALSE(ring_.take_changes()) << "it is noticed once";
    // Restarts count nothing anew.
    store_.clock.advance(kHour - 1);
    restart();
    EXPECT_TRUE(restarted_->authenticate(made.text));
    EXPECT_FALSE(restarted_->keys()->at(made.key.id).created_ahead(now()));
    store_.clock.advance(1);
    EXPECT_FALSE(restarted_->authenticate(made.text));
}

TEST_F(KeysAndWrongClocksTest, AKeyMadeInTheFutureIsFoundAfterARestart) {
    store_.clock.step(10 * 365 * kDay);
    const NewKey made = add_key(kHour);
    store_.clock.step(-10 * 365 * kDay);
    restart();
    const auto changes = restarted_->take_changes();
    ASSERT_TRUE(changes);
    ASSERT_TRUE(store_->write_and_wait(store::Priority::kRequest, *changes));
    ASSERT_TRUE(restarted_->reload(store_->read()));
    EXPECT_TRUE(restarted_->authenticate(made.text));
    store_.clock.advance(kHour);
    EXPECT_FALSE(restarted_->authenticate(made.text));
}

TEST_F(KeysAndWrongClocksTest, AMinuteIsNoDifference) {
    const NewKey made = add_key(kHour);
    store_.clock.step(-60'000);
    EXPECT_FALSE(ring_.take_changes());
    store_.clock.step(-1);
    EXPECT_TRUE(ring_.take_changes());
}

TEST_F(KeysAndWrongClocksTest, NoKeyOutlivesItsSpanInAProcess) {
    const NewKey made = add_key(kHour);
    store_.clock.advance(kHour - 1);
    store_.clock.step(-2 * kHour);
    EXPECT_TRUE(ring_.authenticate(made.text));
    keep_house();
    store_.clock.advance(1);
    EXPECT_FALSE(ring_.authenticate(made.text));
    EXPECT_FALSE(ring_.is_good(made.key.id));
}

TEST_F(KeysAndWrongClocksTest, AStartWithTheClockBehindEndsNoKey) {
    const NewKey made = add_key(90 * kDay);
    store_.clock.advance(10 * kDay);
    run_with_clock(-400 * kDay, 5 * 60'000);
    EXPECT_EQ(restarted_->keys_ahead(), 1);
    EXPECT_TRUE(restarted_->keys()->at(made.key.id).made);
    restart();
    keep_restarted();
    expect_as_made(made.key);
    EXPECT_TRUE(restarted_->authenticate(made.text));
    // It ends when it should, and a second time does no harm either.
    run_with_clock(-400 * kDay, 5 * 60'000);
    restart();
    keep_restarted();
    expect_as_made(made.key);
    store_.clock.advance(80 * kDay - 2 * 5 * 60'000 - 1);
    EXPECT_TRUE(restarted_->authenticate(made.text));
    store_.clock.advance(1);
    EXPECT_FALSE(restarted_->authenticate(made.text));
}

TEST_F(KeysAndWrongClocksTest, AClockThatIsBehindForAWhileEndsNoKeyOfARunningServer) {
    const NewKey made = add_key(90 * kDay);
    store_.clock.advance(10 * kDay);
    // Back in two steps, as from a clock without a battery to the time of the build to the right
    // one.
    store_.clock.step(-400 * kDay);
    keep_house();
    EXPECT_TRUE(ring_.authenticate(made.text));
    store_.clock.advance(kHour);
    keep_house();
    store_.clock.step(300 * kDay);
    keep_house();
    store_.clock.advance(kHour);
    keep_house();
    store_.clock.step(100 * kDay);
    keep_house();
    EXPECT_EQ(created(made.key.id), made.key.created_ms);
    EXPECT_EQ(ring_.keys()->at(made.key.id).expires_ms, made.key.expires_ms);
    EXPECT_FALSE(ring_.take_changes()) << "and the matter is closed";
    EXPECT_TRUE(ring_.authenticate(made.text));
}

TEST_F(KeysAndWrongClocksTest, AKeyMadeInTheFutureDoesNotComeBackWhenTheClockGetsThere) {
    store_.clock.step(400 * kDay);
    const NewKey made = add_key(kDay);
    store_.clock.step(-400 * kDay);
    // It counts over restarts, but for a part of an hour each.
    constexpr int64_t kStep = kHour / 2;
    constexpr int64_t kRun = kDay + kDay / 2;
    for (int64_t passed = 0; passed < kRun; passed += kStep) {
        if (passed % (3 * kHour) == 0) restart();
        keep_restarted();
        EXPECT_EQ(restarted_->is_good(made.key.id), passed < kDay) << passed / kHour;
        store_.clock.advance(kStep);
    }
    keep_restarted();
    EXPECT_FALSE(restarted_->keys()->at(made.key.id).made) << "it is over for good";
    store_.clock.advance(400 * kDay - kRun + kHour);
    restart();
    keep_restarted();
    EXPECT_FALSE(restarted_->authenticate(made.text));
}

TEST_F(KeysAndWrongClocksTest, AClockThatGetsThereByItselfGivesAKeyNoMoreTime) {
    store_.clock.step(2 * kHour);
    const NewKey made = add_key(kDay);
    store_.clock.step(-2 * kHour);
    keep_house();
    const int64_t noticed = now();
    store_.clock.advance(kDay - 1);
    keep_house();
    EXPECT_EQ(created(made.key.id), noticed);
    restart();
    keep_restarted();
    EXPECT_TRUE(restarted_->authenticate(made.text));
    store_.clock.advance(1);
    EXPECT_FALSE(restarted_->authenticate(made.text));
}

TEST_F(KeysAndWrongClocksTest, AKeyThatLastsHasItsCreationBack) {
    const NewKey made = make_key("k", Role::kReader, "", now(), std::nullopt);
    ASSERT_TRUE(add(made));
    run_with_clock(-400 * kDay, 60'000);
    EXPECT_LT(restarted_->keys()->at(made.key.id).created_ms, made.key.created_ms);
    restart();
    keep_restarted();
    expect_as_made(made.key);
}

TEST_F(KeysAndWrongClocksTest, ARecordKeepsTheTimesThatAKeyWasMadeWith) {
    Key key = make_key("k", Role::kReader, "", now(), now() + kDay).key;
    EXPECT_THAT(key.record(), Not(HasSubstr("\"made\""))) << "as earlier versions write it";
    const KeyTimes times{key.created_ms, key.expires_ms};
    ASSERT_TRUE(key.recount(now() - kDay, 0));
    const auto read = Key::parse(key.id, key.record());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->record(), key.record());
    EXPECT_EQ(read->created_ms, now() - kDay);
    EXPECT_EQ(read->expires_ms, now());
    ASSERT_TRUE(read->made);
    EXPECT_EQ(read->made->created_ms, times.created_ms);
    EXPECT_EQ(read->made->expires_ms, times.expires_ms);
    const std::string plain = make_key("k", Role::kReader, "", now(), std::nullopt).key.record();
    for (const char* broken : {"\"made\":7,", "\"made\":{},", "\"ranMs\":\"1\","})
        EXPECT_FALSE(Key::parse(key.id, "{" + (broken + plain.substr(1)))) << broken;
}

TEST_F(KeysAndWrongClocksTest, ALastUseInTheFutureIsSetBack) {
    const NewKey made = make_key("k", Role::kReader, "", now(), std::nullopt);
    ASSERT_TRUE(add(made));
    store_.clock.step(400 * kDay);
    ASSERT_TRUE(ring_.authenticate(made.text));
    keep_house();
    store_.clock.step(-400 * kDay);
    restart();
    const auto changes = restarted_->take_changes();
    ASSERT_TRUE(changes);
    ASSERT_TRUE(store_->write_and_wait(store::Priority::kRequest, *changes));
    ASSERT_TRUE(restarted_->reload(store_->read()));
    EXPECT_EQ(restarted_->keys()->at(made.key.id).last_used_ms, now());
}

TEST(ScopeTest, AnInvisibleProjectIsLikeNone) {
    ProjectTable::Rows projects{{"p1", {"p1", "One"}}, {"p2", {"p2", "Two"}}};
    Principal tenant{"k", "name", Role::kAdmin, ""};
    Principal one{"k", "name", Role::kAdmin, "p1"};
    EXPECT_EQ(resolve_scope(tenant, "", projects)->project, "");
    EXPECT_EQ(resolve_scope(tenant, "p2", projects)->project, "p2");
    EXPECT_EQ(resolve_scope(one, "", projects)->project, "p1");
    EXPECT_EQ(resolve_scope(one, "p1", projects)->project, "p1");
    base::Error hidden = resolve_scope(one, "p2", projects).error();
    base::Error missing = resolve_scope(one, "p9", projects).error();
    EXPECT_EQ(hidden.code, base::Code::kNotFound);
    EXPECT_EQ(missing.code, base::Code::kNotFound);
    EXPECT_EQ(resolve_scope(tenant, "p9", projects).error().code, base::Code::kNotFound);
}

TEST(RoleTest, AHigherRoleMayDoWhatALowerOneMay) {
    EXPECT_TRUE(require_role({"k", "name", Role::kAdmin, ""}, Role::kReader));
    EXPECT_TRUE(require_role({"k", "name", Role::kEditor, ""}, Role::kEditor));
    EXPECT_EQ(require_role({"k", "name", Role::kReader, ""}, Role::kEditor).error().code,
              base::Code::kForbidden);
    EXPECT_FALSE(parse_role("root"));
}

}  // namespace
}  // namespace snapgate::access
