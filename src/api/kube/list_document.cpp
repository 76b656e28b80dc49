#include "api/kube/list_document.h"

#include <fmt/format.h>

#include <iterator>

#include "api/kube/table_rows.h"
#include "base/json_text.h"
#include "json/value.h"
#include "json/yaml.h"
#include "model/api_names.h"

namespace snapgate::api::kube {

using base::Result;
using model::Kind;

namespace {

// How a namespace begins that is no item of a list: there it comes without these.
constexpr std::string_view kNamespaceHead = R"({"apiVersion":"v1","kind":"Namespace",)";

}  // namespace

std::string_view ListDocument::list_kind() const {
    switch (form_.shape) {
        case Shape::kTable:
            return "Table";
        case Shape::kPartialMetadata:
            return "PartialObjectMetadataList";
        case Shape::kObject:
        case Shape::kPalette:
            break;
    }
    return names_of(form_.kind).list_kind;
}

std::string_view ListDocument::list_version() const {
    if (form_.shape != Shape::kObject) return form_.meta_version();
    return form_.v1alpha1 ? model::kOldApiVersion : names_of(form_.kind).api_version;
}

void ListDocument::begin(std::string& out) {
    if (form_.media == Media::kYaml) {
        fmt::format_to(std::back_inserter(out), "apiVersion: {}\n", list_version());
        if (form_.shape == Shape::kTable) {
            out += "columnDefinitions:\n";
            if (auto parsed = json::parse(columns())) json::append_yaml(*parsed, 0, out);
            out += '\n';
        }
        fmt::format_to(std::back_inserter(out), "kind: {}\n", list_kind());
        metadata_at_ = out.size();
        return;
    }
    if (untyped()) {
        fmt::format_to(std::back_inserter(out), R"({{"apiVersion":"{}","items":[)", list_version());
        return;
    }
    fmt::format_to(std::back_inserter(out), R"({{"kind":"{}","apiVersion":"{}",)", list_kind(),
                   list_version());
    metadata_at_ = out.size();
    if (form_.shape == Shape::kTable) {
        out += R"("columnDefinitions":)";
        out += columns();
        out += ',';
    }
    fmt::format_to(std::back_inserter(out), R"("{}":[)", items_key());
}

std::string ListDocument::columns() const {
    const std::string_view columns = table_columns(form_.kind);
    return items_ == Items::kOfFleet ? with_cluster_column(columns) : std::string(columns);
}

Result<void> ListDocument::append(const store::Found& object, const ShownCluster* cluster,
                                  int64_t now_ms, std::string& out) {
    if (form_.media == Media::kYaml) {
        if (!any_) fmt::format_to(std::back_inserter(out), "{}:\n", items_key());
    } else if (any_) {
        out += ',';
    }
    any_ = true;
    const size_t begin = out.size();
    if (form_.shape == Shape::kTable) {
        SNAPGATE_TRY(thread_table_rows().append(store_id_, form_, object, now_ms, out));
    } else {
        SNAPGATE_TRY(append_item(form_, object.object, {}, now_ms, out));
    }
    if (cluster != nullptr) SNAPGATE_TRY(cluster->put(form_, out, begin));
    if (form_.kind == Kind::kNamespace && form_.shape == Shape::kObject &&
        std::string_view(out).substr(begin).starts_with(kNamespaceHead))
        out.erase(begin + 1, kNamespaceHead.size() - 1);
    return form_.media == Media::kYaml ? append_yaml_item(begin, out) : Result<void>();
}

Result<void> ListDocument::append_yaml_item(size_t begin, std::string& out) const {
    SNAPGATE_ASSIGN(const json::Value value, json::parse(std::string_view(out).substr(begin)));
    out.resize(begin);
    out += "- ";
    json::append_yaml(value, 2, out);
    out += '\n';
    return {};
}

void ListDocument::append_json_metadata(const ListMetadata& metadata, std::string& out) const {
    const auto append_remaining = [&] {
        if (!metadata.remaining) return;
        fmt::format_to(std::back_inserter(out), R"("remainingItemCount":{},)", *metadata.remaining);
    };
    out += R"("metadata":{)";
    if (untyped()) {
        base::append_json_member("continue", metadata.continue_token, out);
        out += ',';
        append_remaining();
        base::append_json_member("resourceVersion", metadata.version, out);
    } else {
        base::append_json_member("resourceVersion", metadata.version, out);
        if (!metadata.continue_token.empty()) {
            out += ',';
            base::append_json_member("continue", metadata.continue_token, out);
        }
        if (metadata.remaining) {
            out += ',';
            append_remaining();
            out.pop_back();
        }
    }
    out += '}';
}

void ListDocument::append_yaml_metadata(const ListMetadata& metadata, std::string& out) const {
    json::Object members;
    if (untyped() || !metadata.continue_token.empty())
        members["continue"] = metadata.continue_token;
    if (metadata.remaining) members["remainingItemCount"] = *metadata.remaining;
    members["resourceVersion"] = metadata.version;
    out += "metadata:\n  ";
    json::append_yaml(members, 2, out);
    out += '\n';
}

void ListDocument::end(const ListMetadata& metadata, bool whole, std::string& out) {
    if (form_.media == Media::kYaml) {
        if (!any_) fmt::format_to(std::back_inserter(out), "{}: []\n", items_key());
        std::string text;
        append_yaml_metadata(metadata, text);
        out.insert(whole ? metadata_at_ : out.size(), text);
        return;
    }
    out += ']';
    if (untyped()) {
        fmt::format_to(std::back_inserter(out), R"(,"kind":"{}",)", list_kind());
        append_json_metadata(metadata, out);
    } else if (whole) {
        std::string text;
        append_json_metadata(metadata, text);
        text += ',';
        out.insert(metadata_at_, text);
    } else {
        out += ',';
        append_json_metadata(metadata, out);
    }
    // As Go's encoders end a document.
    out += "}\n";
}

}  // namespace snapgate::api::kube
