#include "objects/removal.h"

#include <utility>

#include "json/object.h"

namespace snapgate::objects {

using base::Result;

Removal::Removal(model::ClusterNumber cluster, rules::DeleteOptions options, std::string now)
    : cluster_(cluster), options_(std::move(options)), now_(std::move(now)) {}

Result<rules::Change::Effect> Removal::add(const store::Found& found) {
    std::string text;
    SNAPGATE_TRY(json::append_kubernetes_form(found.object, text));
    SNAPGATE_ASSIGN(json::Value live, json::parse(text));
    SNAPGATE_ASSIGN(rules::Change change, rules::remove(live.as_object(), options_, now_));
    if (change.effect == rules::Change::Effect::kNone) return change.effect;
    auto write = std::make_shared<ObjectWrite>();
    write->cluster = cluster_;
    write->key = {std::string(found.ns), std::string(found.name)};
    write->read_at = found.revision;
    if (change.effect == rules::Change::Effect::kStore) {
        SNAPGATE_ASSIGN(json::Prepared prepared,
                        json::prepare_marked_snapshot(json::serialize(change.object)));
        write->object = std::move(prepared.object);
    }
    bytes_ += found.object.value.size();
    writes_.push_back(std::move(write));
    return change.effect;
}

store::WriteFunction Removal::function(const std::shared_ptr<Removal>& removal) {
    return [removal](store::WriteTxn& txn) -> Result<void> {
        removal->changed_.clear();  // a group that was rolled back runs again
        for (const auto& write : removal->writes_) {
            auto outcome = std::make_shared<WriteOutcome>();
            SNAPGATE_TRY(write_function(write, outcome)(txn));
            if (outcome->end != WriteOutcome::End::kDone) removal->changed_.push_back(write->key);
        }
        return {};
    };
}

}  // namespace snapgate::objects
