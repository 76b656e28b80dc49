#include "replica/truth.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/sealing.h"
#include "replica/history.h"
#include "store/store.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

// The use of a key, and what it seals.
constexpr std::string_view kEarlierTokens = "earlier tokens";

etcd::RangeRequest one_key(std::string key) {
    etcd::RangeRequest request;
    request.key = std::move(key);
    return request;
}

// Makes the truth unless it is there; the answer of the reads that follow says which it is.
etcd::Txn make_or_read(const TruthKeys& keys, const std::string& id, const std::string& check) {
    etcd::Txn txn;
    txn.compares.push_back({.key = keys.format(),
                            .target = etcd::Compare::Target::kVersion,
                            .relation = etcd::Compare::Relation::kEqual,
                            .value = 0});
    const std::pair<std::string, std::string> made[] = {{keys.format(), std::string(kTruthLayout)},
                                                        {keys.id(), id},
                                                        {keys.secret(), check},
                                                        {keys.numbers(), "1"},
                                                        {keys.registry(), {}},
                                                        {keys.offset(), "0"},
                                                        {keys.head(), random_head()}};
    for (const auto& [key, value] : made)
        txn.then_ops.emplace_back(etcd::Put{.key = key, .value = value});
    for (const std::string& key : {keys.format(), keys.id(), keys.secret()})
        txn.else_ops.emplace_back(one_key(key));
    return txn;
}

Result<std::string> value_of(const etcd::Answer& answer) {
    const auto* range = std::get_if<etcd::Range>(&answer);
    if (range != nullptr && range->kvs.size() == 1) return range->kvs[0].value;
    return Error(Code::kCorrupt,
                 "etcd holds a part of a truth only: its keys were removed, or something else uses "
                 "the prefix (--etcd-prefix)");
}

}  // namespace

std::string derive_key(std::string_view secret, std::string_view use) {
    const std::string key = base::hmac_sha256("snapgate", secret);
    return base::hmac_sha256(key, std::string(use) + '\x01');
}

std::string seal_earlier_token_key(std::string_view secret, std::string_view token_key) {
    return base::seal(derive_key(secret, kEarlierTokens), kEarlierTokens, token_key);
}

Result<std::string> read_earlier_token_key(etcd::Client& client, const TruthKeys& keys,
                                           std::string_view secret) {
    const auto sealed = client.range(one_key(keys.earlier_token_key()));
    if (!sealed) return etcd::to_base(sealed.error());
    if (sealed->kvs.empty()) return std::string();
    const std::string key = derive_key(secret, kEarlierTokens);
    // Without it, tokens of before are broken ones: no reason not to start.
    return base::open_sealed(key, kEarlierTokens, sealed->kvs[0].value).value_or(std::string());
}

Result<void> check_layout(std::string_view layout, const TruthKeys& keys) {
    if (layout == kTruthLayout) return {};
    if (layout == kMovingIn) {
        return Error(Code::kConflict,
                     fmt::format("a data directory is being moved below {} of etcd: wait for "
                                 "`snapgate migrate --to etcd`, or run it again if it was cut off",
                                 keys.all()));
    }
    if (layout == kMovedOut) {
        return Error(
            Code::kConflict,
            fmt::format("what is below {} of etcd was moved into a data directory, with which a "
                        "server without --etcd works now. To go on here as it was then: etcdctl "
                        "put {} {}",
                        keys.all(), keys.format(), kTruthLayout));
    }
    return Error(Code::kCorrupt,
                 "what etcd holds is of a newer version of snapgate: upgrade this replica");
}

std::string check_of_secret(std::string_view secret) {
    return base::hex(derive_key(secret, "check of the secret"));
}

Result<void> check_secret(std::string_view theirs, std::string_view secret) {
    if (base::equal_constant_time(theirs, check_of_secret(secret))) return {};
    return Error(Code::kForbidden,
                 "the other replicas have another secret to seal credentials with: give this "
                 "one theirs (SNAPGATE_CREDENTIALS_KEY, or --credentials-key-file)");
}

Result<std::string> open_truth(etcd::Client& client, const TruthKeys& keys,
                               std::string_view secret) {
    const std::string id = base::hex(base::random_bytes(store::kStoreIdBytes));
    const std::string check = check_of_secret(secret);
    const auto opened = client.commit(make_or_read(keys, id, check));
    if (!opened) return etcd::to_base(opened.error());
    if (opened->succeeded) return id;
    SNAPGATE_ASSIGN(const std::string layout, value_of(opened->answers.at(0)));
    SNAPGATE_TRY(check_layout(layout, keys));
    SNAPGATE_ASSIGN(const std::string known, value_of(opened->answers.at(1)));
    SNAPGATE_ASSIGN(const std::string theirs, value_of(opened->answers.at(2)));
    SNAPGATE_TRY(check_secret(theirs, secret));
    if (known.size() != 2 * store::kStoreIdBytes ||
        known.find_first_not_of("0123456789abcdef") != std::string::npos)
        return Error(Code::kCorrupt, "etcd holds no id of a truth that this version can read");
    return known;
}

}  // namespace snapgate::replica
