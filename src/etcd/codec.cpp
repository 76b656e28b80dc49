#include "etcd/codec.h"

#include <fmt/format.h>
#include <generated/etcd/etcdserver/etcdserverpb/rpc.pb.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/quote.h"
#include "base/result.h"
#include "etcd/failure.h"

namespace snapgate::etcd {

namespace pb = etcdserverpb;

namespace {

// JWT tokens are the longest.
constexpr size_t kMostToken = 16 << 10;
constexpr int64_t kMostLeaseSeconds = 9'000'000'000;  // etcd's own limit

Error bad_answer(std::string_view what) {
    return {ErrorCode::kBadAnswer, "etcd answered with " + std::string(what)};
}

std::string bytes_of(const google::protobuf::MessageLite& message) {
    return message.SerializeAsString();
}

template <class Message>
Result<Message> parse(std::string_view bytes) {
    Message message;
    if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()) ||
        !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        return bad_answer("bytes that are no " + std::string(message.GetTypeName()));
    return message;
}

Result<Header> read_header(const pb::ResponseHeader& header) {
    if (header.revision() <= 0)
        return bad_answer(fmt::format("the revision {}", header.revision()));
    return Header{header.cluster_id(), header.member_id(), header.revision(), header.raft_term()};
}

Result<KeyValue> read_key_value(mvccpb::KeyValue& kv, int64_t newest) {
    if (kv.key().empty()) return bad_answer("an empty key");
    if (kv.create_revision() <= 0 || kv.create_revision() > kv.mod_revision() ||
        kv.mod_revision() > newest || kv.version() <= 0 ||
        kv.version() > kv.mod_revision() - kv.create_revision() + 1)
        return bad_answer(
            fmt::format("the key {} of version {}, made in revision {} and written in {}, in the "
                        "revision {}",
                        base::quote(kv.key(), kMostShownKey), kv.version(), kv.create_revision(),
                        kv.mod_revision(), newest));
    return KeyValue{std::move(*kv.mutable_key()),
                    std::move(*kv.mutable_value()),
                    kv.create_revision(),
                    kv.mod_revision(),
                    kv.version(),
                    kv.lease()};
}

// `header`: that of the message around a range in a transaction.
Result<Range> read_range(const RangeRequest& asked, pb::RangeResponse& answer, Header header) {
    const auto kvs = static_cast<int64_t>(answer.kvs_size());
    if (asked.limit > 0 && kvs > asked.limit)
        return bad_answer(fmt::format("{} keys where {} were asked for", kvs, asked.limit));
    if (answer.count() < kvs || (asked.count_only && kvs > 0))
        return bad_answer(fmt::format("{} keys and the count {}", kvs, answer.count()));
    if (!asked.count_only && !answer.more() && answer.count() != kvs)
        return bad_answer(fmt::format("{} keys, no more, and the count {}", kvs, answer.count()));
    Range range;
    range.header = header;
    range.more = answer.more();
    range.count = answer.count();
    range.kvs.reserve(static_cast<size_t>(kvs));
    const int64_t newest = asked.revision > 0 ? asked.revision : header.revision;
    for (mvccpb::KeyValue& one : *answer.mutable_kvs()) {
        SNAPGATE_ASSIGN(KeyValue kv, read_key_value(one, newest));
        if (!in_range(kv.key, asked.key, asked.range_end))
            return bad_answer("the key " + base::quote(kv.key, kMostShownKey) +
                              ", which was not asked for");
        if (!range.kvs.empty() && kv.key <= range.kvs.back().key)
            return bad_answer("the key " + base::quote(kv.key, kMostShownKey) +
                              " after one that is not before it");
        range.kvs.push_back(std::move(kv));
    }
    return range;
}

void fill(const RangeRequest& request, pb::RangeRequest& out) {
    out.set_key(request.key);
    out.set_range_end(request.range_end);
    out.set_limit(request.limit);
    out.set_revision(request.revision);
    out.set_serializable(request.serializable);
    out.set_keys_only(request.keys_only);
    out.set_count_only(request.count_only);
}

void fill(const Put& put, pb::PutRequest& out) {
    out.set_key(put.key);
    out.set_value(put.value);
    out.set_lease(put.lease);
}

void fill(const Delete& deletion, pb::DeleteRangeRequest& out) {
    out.set_key(deletion.key);
    out.set_range_end(deletion.range_end);
}

void fill(const Operation& operation, pb::RequestOp& out) {
    if (const auto* put = std::get_if<Put>(&operation)) {
        fill(*put, *out.mutable_request_put());
    } else if (const auto* deletion = std::get_if<Delete>(&operation)) {
        fill(*deletion, *out.mutable_request_delete_range());
    } else {
        fill(std::get<RangeRequest>(operation), *out.mutable_request_range());
    }
}

pb::Compare::CompareResult relation_of(Compare::Relation relation) {
    switch (relation) {
        case Compare::Relation::kEqual:
            return pb::Compare::EQUAL;
        case Compare::Relation::kNotEqual:
            return pb::Compare::NOT_EQUAL;
        case Compare::Relation::kGreater:
            return pb::Compare::GREATER;
        case Compare::Relation::kLess:
            return pb::Compare::LESS;
    }
    return pb::Compare::EQUAL;
}

void fill(const Compare& compare, pb::Compare& out) {
    out.set_key(compare.key);
    out.set_range_end(compare.range_end);
    out.set_result(relation_of(compare.relation));
    switch (compare.target) {
        case Compare::Target::kModRevision:
            out.set_target(pb::Compare::MOD);
            out.set_mod_revision(compare.value);
            break;
        case Compare::Target::kCreateRevision:
            out.set_target(pb::Compare::CREATE);
            out.set_create_revision(compare.value);
            break;
        case Compare::Target::kVersion:
            out.set_target(pb::Compare::VERSION);
            out.set_version(compare.value);
            break;
    }
}

Result<Answer> read_answer(const Operation& asked, pb::ResponseOp& answer, Header header) {
    if (std::holds_alternative<Put>(asked) && answer.has_response_put()) return Answer(PutAnswer{});
    if (std::holds_alternative<Delete>(asked) && answer.has_response_delete_range()) {
        const int64_t deleted = answer.response_delete_range().deleted();
        if (deleted < 0) return bad_answer(fmt::format("{} deleted keys", deleted));
        return Answer(DeleteAnswer{deleted});
    }
    const auto* range = std::get_if<RangeRequest>(&asked);
    if (range == nullptr || !answer.has_response_range())
        return bad_answer("the answer to another operation");
    SNAPGATE_ASSIGN(Range read, read_range(*range, *answer.mutable_response_range(), header));
    return Answer(std::move(read));
}

Result<Event> read_event(mvccpb::Event& event, int64_t newest) {
    if (event.type() == mvccpb::Event::PUT) {
        SNAPGATE_ASSIGN(KeyValue kv, read_key_value(*event.mutable_kv(), newest));
        return Event{Event::Type::kPut, std::move(kv)};
    }
    if (event.type() != mvccpb::Event::DELETE)
        return bad_answer(fmt::format("an event of the type {}", static_cast<int>(event.type())));
    KeyValue kv;
    kv.key = std::move(*event.mutable_kv()->mutable_key());
    kv.mod_revision = event.kv().mod_revision();
    if (kv.key.empty() || kv.mod_revision <= 0 || kv.mod_revision > newest)
        return bad_answer(fmt::format("a deletion of the key {} in the revision {}, in {}",
                                      base::quote(kv.key, kMostShownKey), kv.mod_revision, newest));
    return Event{Event::Type::kDelete, std::move(kv)};
}

}  // namespace

std::string end_of_prefix(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
    if (end.empty()) return std::string(1, '\0');
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

bool in_range(std::string_view key, std::string_view begin, std::string_view range_end) {
    if (range_end.empty()) return key == begin;
    if (key < begin) return false;
    return (range_end.size() == 1 && range_end.front() == '\0') || key < range_end;
}

std::string encode(const RangeRequest& request) {
    pb::RangeRequest out;
    fill(request, out);
    return bytes_of(out);
}

Result<Range> decode_range(const RangeRequest& asked, std::string_view bytes) {
    SNAPGATE_ASSIGN(auto answer, parse<pb::RangeResponse>(bytes));
    SNAPGATE_ASSIGN(const Header header, read_header(answer.header()));
    return read_range(asked, answer, header);
}

std::string encode(const Txn& txn) {
    pb::TxnRequest out;
    for (const Compare& compare : txn.compares) fill(compare, *out.add_compare());
    for (const Operation& operation : txn.then_ops) fill(operation, *out.add_success());
    for (const Operation& operation : txn.else_ops) fill(operation, *out.add_failure());
    return bytes_of(out);
}

Result<Committed> decode_committed(const Txn& asked, std::string_view bytes) {
    SNAPGATE_ASSIGN(auto answer, parse<pb::TxnResponse>(bytes));
    Committed committed;
    SNAPGATE_ASSIGN(committed.header, read_header(answer.header()));
    committed.succeeded = answer.succeeded();
    const std::vector<Operation>& done = committed.succeeded ? asked.then_ops : asked.else_ops;
    if (static_cast<size_t>(answer.responses_size()) != done.size())
        return bad_answer(
            fmt::format("{} answers to {} operations", answer.responses_size(), done.size()));
    committed.answers.reserve(done.size());
    for (size_t i = 0; i < done.size(); ++i) {
        SNAPGATE_ASSIGN(
            Answer one,
            read_answer(done[i], *answer.mutable_responses(static_cast<int>(i)), committed.header));
        committed.answers.push_back(std::move(one));
    }
    return committed;
}

std::string encode_watch(std::string_view key, std::string_view range_end, int64_t start_revision) {
    pb::WatchRequest out;
    pb::WatchCreateRequest& create = *out.mutable_create_request();
    create.set_key(std::string(key));
    create.set_range_end(std::string(range_end));
    create.set_start_revision(start_revision);
    // Without it, one message holds all events of up to 1,000 revisions.
    create.set_fragment(true);
    return bytes_of(out);
}

std::string encode_progress_request() {
    pb::WatchRequest out;
    out.mutable_progress_request();
    return bytes_of(out);
}

Result<WatchMessage> decode_watch(std::string_view bytes) {
    SNAPGATE_ASSIGN(auto message, parse<pb::WatchResponse>(bytes));
    WatchMessage out;
    out.created = message.created();
    out.canceled = message.canceled();
    out.cancel_reason = shown(message.cancel_reason());
    out.compact_revision = message.compact_revision();
    out.fragment = message.fragment();
    // The answer to a watch that is refused at once may say revision 0.
    if (out.canceled) return out;
    SNAPGATE_ASSIGN(out.header, read_header(message.header()));
    out.events.reserve(static_cast<size_t>(message.events_size()));
    for (mvccpb::Event& one : *message.mutable_events()) {
        SNAPGATE_ASSIGN(Event event, read_event(one, out.header.revision));
        out.events.push_back(std::move(event));
    }
    return out;
}

std::string encode_grant(std::chrono::seconds ttl) {
    pb::LeaseGrantRequest out;
    out.set_ttl(ttl.count());
    return bytes_of(out);
}

Result<Granted> decode_granted(std::string_view bytes) {
    SNAPGATE_ASSIGN(auto answer, parse<pb::LeaseGrantResponse>(bytes));
    if (!answer.error().empty()) return Error(ErrorCode::kInvalidArgument, shown(answer.error()));
    if (answer.id() == 0 || answer.ttl() <= 0 || answer.ttl() > kMostLeaseSeconds)
        return bad_answer(fmt::format("the lease {} for {} s", answer.id(), answer.ttl()));
    return Granted{answer.id(), std::chrono::seconds(answer.ttl())};
}

std::string encode_keep_alive(int64_t id) {
    pb::LeaseKeepAliveRequest out;
    out.set_id(id);
    return bytes_of(out);
}

Result<std::chrono::seconds> decode_kept_alive(int64_t id, std::string_view bytes) {
    SNAPGATE_ASSIGN(auto answer, parse<pb::LeaseKeepAliveResponse>(bytes));
    if (answer.id() != id || answer.ttl() > kMostLeaseSeconds)
        return bad_answer(fmt::format("the lease {} for {} s", answer.id(), answer.ttl()));
    return std::chrono::seconds(std::max<int64_t>(answer.ttl(), 0));
}

std::string encode_revoke(int64_t id) {
    pb::LeaseRevokeRequest out;
    out.set_id(id);
    return bytes_of(out);
}

std::string encode_authenticate(std::string_view username, std::string_view password) {
    pb::AuthenticateRequest out;
    out.set_name(std::string(username));
    out.set_password(std::string(password));
    return bytes_of(out);
}

Result<std::string> decode_token(std::string_view bytes) {
    SNAPGATE_ASSIGN(auto answer, parse<pb::AuthenticateResponse>(bytes));
    // It becomes the value of a header of HTTP/2.
    const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
    if (answer.token().empty() || answer.token().size() > kMostToken ||
        !std::ranges::all_of(answer.token(), printable))
        return bad_answer("no valid token");
    return std::move(*answer.mutable_token());
}

}  // namespace snapgate::etcd
