#include "objects/removal.h"

#include <utility>

#include "json/object.h"

namespace snapgate::objects {

using base::Result;

Result<std::shared_ptr<const ObjectWrite>> removal_of(model::ClusterNumber cluster,
                                                      const store::Found& found,
                                                      const rules::DeleteOptions& options,
                                                      std::string_view now) {
    std::string text;
    SNAPGATE_TRY(json::append_kubernetes_form(found.object, text));
    SNAPGATE_ASSIGN(json::Value live, json::parse(text));
    SNAPGATE_ASSIGN(rules::Change change, rules::remove(live.as_object(), options, now));
    return change_of(cluster, found, change);
}

std::shared_ptr<const ObjectWrite> removal_of_unheld(model::ClusterNumber cluster,
                                                     const store::Found& found) {
    auto write = std::make_shared<ObjectWrite>();
    write->cluster = cluster;
    write->key = {std::string(found.ns), std::string(found.name)};
    write->read_at = found.revision;
    return write;
}

Removal::Removal(model::ClusterNumber cluster, rules::DeleteOptions options, std::string now,
                 size_t most, std::shared_ptr<const audit::Action> audit)
    : cluster_(cluster),
      options_(std::move(options)),
      now_(std::move(now)),
      most_(most),
      audit_(std::move(audit)) {}

Result<void> Removal::add(const store::Found& found) {
    SNAPGATE_ASSIGN(auto write, removal_of(cluster_, found, options_, now_));
    if (write == nullptr) return {};
    bytes_ += found.object.value.size();
    writes_.push_back(std::move(write));
    return {};
}

store::WriteFunction Removal::function(const std::shared_ptr<Removal>& removal) {
    return [removal](store::WriteTxn& txn) -> Result<void> {
        removal->changed_.clear();  // a group that was rolled back runs again
        for (const auto& write : removal->writes_) {
            auto outcome = std::make_shared<WriteOutcome>();
            SNAPGATE_TRY(write_function(write, outcome, removal->audit_)(txn));
            if (outcome->end != WriteOutcome::End::kDone) removal->changed_.push_back(write->key);
        }
        return {};
    };
}

}  // namespace snapgate::objects
