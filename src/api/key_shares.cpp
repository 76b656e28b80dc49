#include "api/key_shares.h"

#include <fmt/format.h>

#include <utility>

namespace snapgate::api {

using base::Code;
using base::Error;
using base::Result;

KeyShares::KeyShares(const KeyLimits& limits) : limits_(limits) {}

Result<std::shared_ptr<KeyShares::Turn>> KeyShares::enter(const std::shared_ptr<KeyShares>& shares,
                                                          const std::string& key_id) {
    KeyShares& self = *shares;
    const base::MutexLock lock(self.mutex_);
    Share& share = self.shares_.try_emplace(key_id, self.limits_.bytes).first->second;
    if (share.requests >= self.limits_.requests) {
        self.refused_.fetch_add(1, std::memory_order_relaxed);
        return Error(Code::kTooManyRequests,
                     fmt::format("this key has {} requests under way, which is as many as it may: "
                                 "wait for answers, or try again later",
                                 share.requests));
    }
    ++share.requests;
    ++share.turns;
    return std::make_shared<Turn>(shares, key_id, share.bytes);
}

KeyShares::Turn::~Turn() {
    const base::MutexLock lock(shares_->mutex_);
    const auto found = shares_->shares_.find(key_id_);
    if (found == shares_->shares_.end()) return;
    if (!resting_) --found->second.requests;
    found->second.terms -= terms_;
    if (--found->second.turns == 0) shares_->shares_.erase(found);
}

Result<void> KeyShares::Turn::rest(size_t terms) {
    const base::MutexLock lock(shares_->mutex_);
    Share& share = shares_->shares_.at(key_id_);
    const size_t most = shares_->limits_.terms;
    if (terms > most - share.terms) {
        shares_->refused_.fetch_add(1, std::memory_order_relaxed);
        return Error(Code::kTooManyRequests,
                     fmt::format("the selectors of this key's watches have {} terms, and may have "
                                 "{} together: {} more are too many, end other watches or select "
                                 "by fewer terms",
                                 share.terms, most, terms));
    }
    --share.requests;
    share.terms += terms;
    terms_ = terms;
    resting_ = true;
    return {};
}

}  // namespace snapgate::api
