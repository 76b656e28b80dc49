#include "rules/import_rules.h"

#include <fmt/format.h>

#include <utility>

#include "base/quote.h"
#include "json/cluster_answers.h"
#include "json/kept_object.h"
#include "model/names.h"
#include "rules/faults.h"
#include "rules/metadata_rules.h"
#include "rules/request_object.h"
#include "rules/source_rules.h"

namespace snapgate::rules {
namespace {

void check_version(std::string_view version, Faults& faults) {
    constexpr std::string_view kField = "metadata.resourceVersion";
    if (version.size() > model::kMostWordBytes)
        faults.invalid(kField, base::quote(version),
                       fmt::format("must be no more than {} characters", model::kMostWordBytes));
    else if (!version.empty() && !model::is_plain_word(version))
        faults.invalid(
            kField, base::quote(version),
            "must consist of printable characters without blanks, quotes and backslashes");
}

void add_schema_faults(const model::SnapshotFacts& facts, Faults& faults) {
    for (const model::SchemaFault& fault : facts.schema_faults) {
        switch (fault.kind) {
            case model::SchemaFault::Kind::kMissing:
                faults.required(fault.field);
                break;
            case model::SchemaFault::Kind::kNoTime:
                faults.wrong_type(fault.field, base::quote(fault.text), "date-time");
                break;
        }
    }
}

base::Result<void> check_import(const model::SnapshotFacts& facts) {
    Faults faults;
    check_metadata(facts.metadata, {.generated_name = false}, faults);
    check_version(facts.metadata.version, faults);
    add_schema_faults(facts, faults);
    if (faults.empty()) check_source(facts, faults);
    if (faults.empty()) return {};
    return faults.error({std::string(kSnapshotGroup), std::string(kSnapshotKind),
                         std::string(facts.metadata.name)});
}

// What kind of answer of a Kubernetes API this is, if it is one that holds no whole objects; "" for
// every other kind.
std::string_view not_an_object(std::string_view kind) {
    if (kind == "Table")
        return "it is a Table: what kubectl shows to people, with rows in place of the objects";
    if (kind == "PartialObjectMetadata" || kind == "PartialObjectMetadataList")
        return "it is the metadata of an object alone, without its spec and status";
    if (kind == "Status")
        return "it is a Status: the cluster answered with an error in place of the objects";
    return {};
}

constexpr std::string_view kInItsPlace =
    "give what 'kubectl get vmsnapshots -A -o json' prints, or a list that was asked for with "
    "'Accept: application/json'";

}  // namespace

base::Result<json::Prepared> prepare_import(std::string_view json, const json::Identity& fill) {
    return json::prepare_snapshot(json, fill, check_import);
}

base::Result<Dumped> prepare_dumped(std::string_view json, const json::Identity& fill) {
    auto snapshot = prepare_import(json, fill);
    if (snapshot) return Dumped{model::Kind::kSnapshot, std::move(*snapshot)};
    // Snapshots come first, and are the many: only what has another kind is looked at again.
    if (snapshot.error().subject != "kind") return std::move(snapshot).error();
    const std::string kind_name = json::read_cut_object(json).kind;
    const auto* kind = model::find_kept_kind(kind_name);
    if (kind == nullptr) {
        base::Error error = std::move(snapshot).error();
        if (const auto what = not_an_object(kind_name); !what.empty())
            error.message = fmt::format("{}; {}", what, kInItsPlace);
        return error;
    }
    SNAPGATE_ASSIGN(auto object, json::prepare_kept(*kind, json));
    Dumped dumped{kind->stored, {}};
    dumped.prepared.object = std::move(object);
    return dumped;
}

std::string too_large_in_dump(std::string_view beginning) {
    const auto what = not_an_object(json::read_cut_object(beginning).kind);
    return what.empty() ? json::too_large_message() : fmt::format("{}; {}", what, kInItsPlace);
}

}  // namespace snapgate::rules
