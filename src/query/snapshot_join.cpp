#include "query/snapshot_join.h"

#include <string>
#include <vector>

namespace snapgate::query {

facts::Cause cause_of_content(const ContentBlock* contents, facts::ContentHash content,
                              std::string_view ns, std::string_view snapshot, std::string_view vm) {
    if (contents == nullptr || !contents->any_error()) return {};
    const auto found = contents->find(content, ns, snapshot);
    if (!found || found->error == nullptr) return {};
    std::vector<std::string_view> names{snapshot, ns, vm};
    names.insert(names.end(), found->error->names.begin(), found->error->names.end());
    return facts::cause_of_error(found->error->sentence, std::move(names));
}

void SnapshotJoin::begin(const ClusterKinds& known, Order order) {
    known_ = &known;
    order_ = order;
    next_restore_ = 0;
}

bool SnapshotJoin::complete_cause(std::string_view ns, std::string_view name, std::string_view vm,
                                  facts::Facts& facts) {
    if (!facts.lacks_cause()) return false;
    cause_ = cause_of_content(known_->contents.get(), facts.content, ns, name, vm);
    if (cause_.sentence.empty()) return false;
    facts.cause = cause_.sentence;
    facts.cause_class = cause_.cause_class;
    facts.silent = false;
    return true;
}

std::optional<uint64_t> SnapshotJoin::bytes_of(std::string_view ns, std::string_view name,
                                               const facts::Facts& facts) const {
    if (!known_->contents) return std::nullopt;
    const auto content = known_->contents->find(facts.content, ns, name);
    return content ? content->bytes : std::nullopt;
}

std::optional<uint64_t> SnapshotJoin::restores_of(std::string_view ns, std::string_view name) {
    if (!known_->restores_followed) return std::nullopt;
    return order_ == Order::kList ? known_->restores->next_count_of(ns, name, next_restore_)
                                  : known_->restores->count_of(ns, name);
}

}  // namespace snapgate::query
