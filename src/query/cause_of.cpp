#include "query/cause_of.h"

#include "json/object.h"

namespace snapgate::query {

base::Result<std::string> cause_of(const store::ReadView& view, model::ClusterNumber cluster,
                                   const model::ObjectKey& snapshot, model::Revision at) {
    SNAPGATE_ASSIGN(const auto found,
                    view.get(cluster, model::Kind::kSnapshot, snapshot.ns, snapshot.name, at));
    if (!found) return std::string();
    std::string buffer;
    SNAPGATE_ASSIGN(const facts::Facts facts, json::read_facts(found->object, buffer));
    return std::string(facts.cause);
}

}  // namespace snapgate::query
