#include "query/object_walk.h"

#include <algorithm>
#include <utility>

namespace snapgate::query {
namespace {

using base::Result;

// A merge of many VMs looks at least at this many rows of each, so that it makes progress.
constexpr size_t kLeastRowsOfSource = 64;

// The order of the merge: the source whose object comes first is in front.
constexpr auto kLater = [](const auto* a, const auto* b) {
    const store::Found& left = a->scan->found();
    const store::Found& right = b->scan->found();
    return std::pair(left.ns, left.name) > std::pair(right.ns, right.name);
};

}  // namespace

ObjectWalk::ObjectWalk(model::ClusterNumber cluster, model::Kind kind, model::Revision at,
                       const std::vector<std::string>& vms, std::vector<std::string> namespaces,
                       const model::ObjectKey& from)
    : cluster_(cluster), kind_(kind), at_(at), namespaces_(std::move(namespaces)) {
    // Not from the cluster's beginning: there may be many deleted objects in front of the
    // namespace.
    model::ObjectKey begin = from;
    if (!namespaces_.empty()) begin = std::max(begin, model::ObjectKey{namespaces_.front(), ""});
    if (vms.empty()) {
        sources_.push_back({.vm = "", .at = begin, .ended = false, .scan = {}});
        return;
    }
    sources_.reserve(vms.size());
    for (const std::string& vm : vms)
        sources_.push_back({.vm = vm, .at = begin, .ended = false, .scan = {}});
}

Result<bool> ObjectWalk::begin(const store::ReadView& view, size_t rows) {
    paused_ = false;
    merge_.clear();
    merge_.reserve(sources_.size());
    const size_t budget = std::max(rows / sources_.size(), kLeastRowsOfSource);
    for (Source& source : sources_) {
        if (source.ended) continue;
        SNAPGATE_ASSIGN(bool found, settle(source, view, budget));
        if (found) {
            merge_.push_back(&source);
        } else if (!source.ended) {
            paused_ = true;
            return false;
        }
    }
    std::ranges::make_heap(merge_, kLater);
    return !merge_.empty();
}

Result<bool> ObjectWalk::advance() {
    std::ranges::pop_heap(merge_, kLater);
    Source& source = *merge_.back();
    SNAPGATE_ASSIGN(bool found, source.scan->next());
    if (found) {
        SNAPGATE_ASSIGN(found, skip_other_namespaces(source));
    } else {
        source.ended = !source.scan->exhausted();
    }
    if (found) {
        std::ranges::push_heap(merge_, kLater);
    } else {
        merge_.pop_back();
        paused_ = !source.ended;
    }
    return !paused_ && !merge_.empty();
}

void ObjectWalk::end() {
    for (Source& source : sources_) {
        if (paused_ && source.scan && !source.ended) {
            if (source.scan->exhausted()) {
                source.at = source.scan->resume_key();
            } else {
                source.at = {std::string(source.scan->found().ns),
                             std::string(source.scan->found().name)};
            }
        }
        source.scan.reset();
    }
    merge_.clear();
}

Result<bool> ObjectWalk::settle(Source& source, const store::ReadView& view, size_t budget) {
    source.scan.emplace(source.vm.empty() ? view.scan(cluster_, kind_, at_, budget)
                                          : view.scan_vm(cluster_, source.vm, at_, budget));
    SNAPGATE_ASSIGN(bool found, source.scan->seek(source.at.ns, source.at.name));
    if (!found) {
        source.ended = !source.scan->exhausted();
        return false;
    }
    return skip_other_namespaces(source);
}

Result<bool> ObjectWalk::skip_other_namespaces(Source& source) const {
    while (!namespaces_.empty()) {
        const std::string_view ns = source.scan->found().ns;
        const auto next = std::ranges::lower_bound(namespaces_, ns);
        if (next == namespaces_.end()) {
            source.ended = true;
            return false;
        }
        if (*next == ns) break;
        SNAPGATE_ASSIGN(const bool found, source.scan->seek(*next, ""));
        if (!found) {
            source.ended = !source.scan->exhausted();
            return false;
        }
    }
    return true;
}

}  // namespace snapgate::query
