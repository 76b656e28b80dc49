// What a member of etcd answers, and the endpoint that a user names. The first bytes of an input
// choose what was asked.

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/quote.h"
#include "check.h"
#include "etcd/codec.h"
#include "etcd/endpoint.h"
#include "input.h"

namespace {

using namespace snapgate;
using fuzz::check;

constexpr size_t kMostMessage = 1200;  // 1 KiB of etcd's words, and what they are about

void check_refusal(const etcd::Error& error) {
    check(!error.message.empty() && error.message.size() <= kMostMessage, "a refusal says why");
    fuzz::check_equal(base::visible(error.message), error.message, "a refusal is visible");
    check(error.code == etcd::ErrorCode::kBadAnswer ||
              error.code == etcd::ErrorCode::kInvalidArgument,
          "the code of a refusal");
    check(!error.may_be_done, "what cannot be read says nothing of what was done");
}

void check_key_value(const etcd::KeyValue& kv, int64_t newest) {
    check(!kv.key.empty(), "a key has a name");
    check(kv.create_revision > 0 && kv.create_revision <= kv.mod_revision &&
              kv.mod_revision <= newest,
          "a key was made, then written, by now");
    check(kv.version > 0 && kv.version <= kv.mod_revision, "as often as there were revisions");
}

void check_range(const etcd::RangeRequest& asked, const etcd::Range& range) {
    check(range.header.revision > 0, "an answer is of a revision");
    const auto kvs = static_cast<int64_t>(range.kvs.size());
    check(asked.limit == 0 || kvs <= asked.limit, "no more keys than asked for");
    check(!asked.count_only || kvs == 0, "a count has no keys");
    check(range.count >= kvs, "a count has all");
    check(range.more || asked.count_only || range.count == kvs, "what is left out is told");
    std::string_view before;
    for (const etcd::KeyValue& kv : range.kvs) {
        check(before.empty() || before < kv.key, "keys are in order");
        before = kv.key;
        check(etcd::in_range(kv.key, asked.key, asked.range_end), "a key was asked for");
        check_key_value(kv, asked.revision > 0 ? asked.revision : range.header.revision);
    }
}

void check_committed(const etcd::Txn& asked, const etcd::Committed& committed) {
    const auto& done = committed.succeeded ? asked.then_ops : asked.else_ops;
    check(committed.answers.size() == done.size(), "each operation has an answer");
    for (size_t i = 0; i < done.size(); ++i) {
        check(committed.answers[i].index() == done[i].index(), "of its own kind");
        if (const auto* range = std::get_if<etcd::Range>(&committed.answers[i]))
            check_range(std::get<etcd::RangeRequest>(done[i]), *range);
    }
}

void check_watch(std::string_view text) {
    const auto message = etcd::decode_watch(text);
    if (!message) return check_refusal(message.error());
    fuzz::check_equal(base::visible(message->cancel_reason), message->cancel_reason,
                      "a reason is visible");
    check(message->cancel_reason.size() <= kMostMessage && message->compact_revision >= 0,
          "the end of a watch is bounded");
    for (const etcd::Event& event : message->events) {
        if (event.type == etcd::Event::Type::kPut) {
            check_key_value(event.kv, message->header.revision);
        } else {
            check(!event.kv.key.empty() && event.kv.mod_revision > 0 &&
                      event.kv.mod_revision <= message->header.revision,
                  "a key is deleted in a revision");
        }
    }
}

void check_lease(std::string_view text) {
    if (const auto granted = etcd::decode_granted(text)) {
        check(granted->id != 0 && granted->ttl.count() > 0, "a lease has a time");
    } else {
        check_refusal(granted.error());
    }
    if (const auto left = etcd::decode_kept_alive(7, text)) {
        check(left->count() >= 0, "what is left of it, too");
    } else {
        check_refusal(left.error());
    }
}

void check_token(std::string_view text) {
    const auto token = etcd::decode_token(text);
    if (!token) return check_refusal(token.error());
    check(!token->empty() &&
              std::ranges::all_of(*token, [](char c) { return c > ' ' && c < '\x7f'; }),
          "a token is a word");
}

void check_endpoint(std::string_view text) {
    const auto endpoint = etcd::parse_endpoint(text);
    if (!endpoint) {
        check_refusal(endpoint.error());
        if (text.find('@') == std::string_view::npos) return;
        // A message that showed the password would be another one for each.
        static std::set<std::string> messages;
        messages.insert(endpoint.error().message);
        return check(messages.size() <= 3, "a password is not shown");
    }
    const auto again = etcd::parse_endpoint(endpoint->url);
    check(again.has_value(), "an endpoint is read as it is shown");
    fuzz::check_equal(again->target, endpoint->target, "it is the same");
    fuzz::check_equal(again->url, endpoint->url, "it is shown alike");
    check(again->tls == endpoint->tls && endpoint->tls == text.starts_with("https"), "TLS stays");
    check(!endpoint->host.empty(), "it has a host");
}

etcd::RangeRequest asked_range(uint8_t how) {
    etcd::RangeRequest asked;
    asked.key = "a";
    if ((how & 1U) != 0) asked.range_end = (how & 2U) != 0 ? "c" : std::string(1, '\0');
    asked.limit = (how & 4U) != 0 ? 2 : 0;
    asked.revision = (how & 8U) != 0 ? 5 : 0;
    asked.count_only = (how & 16U) != 0;
    return asked;
}

// Up to 4 operations, two bits for each.
std::vector<etcd::Operation> asked_operations(uint8_t how) {
    std::vector<etcd::Operation> operations;
    for (unsigned i = 0; i < 4; ++i) {
        switch ((how >> (2 * i)) & 3U) {
            case 1:
                operations.emplace_back(etcd::Put{"a", "1"});
                break;
            case 2:
                operations.emplace_back(etcd::Delete{"a"});
                break;
            case 3:
                operations.emplace_back(asked_range(1));
                break;
            default:
                return operations;
        }
    }
    return operations;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size < 2) return 0;
    const std::string_view text = fuzz::text_of(bytes + 2, size - 2);
    switch (bytes[0] % 6) {
        case 0: {
            const etcd::RangeRequest asked = asked_range(bytes[1]);
            const auto range = etcd::decode_range(asked, text);
            if (!range) {
                check_refusal(range.error());
            } else {
                check_range(asked, *range);
            }
            break;
        }
        case 1: {
            etcd::Txn asked;
            asked.then_ops = asked_operations(bytes[1]);
            asked.else_ops = {asked_range(3)};
            const auto committed = etcd::decode_committed(asked, text);
            if (!committed) {
                check_refusal(committed.error());
            } else {
                check_committed(asked, *committed);
            }
            break;
        }
        case 2:
            check_watch(text);
            break;
        case 3:
            check_lease(text);
            break;
        case 4:
            check_token(text);
            break;
        default:
            check_endpoint(text);
    }
    return 0;
}
