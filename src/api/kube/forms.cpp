#include "api/kube/forms.h"

#include "api/kube/table.h"
#include "json/object.h"
#include "json/object_view.h"
#include "json/value.h"
#include "json/yaml.h"

namespace snapgate::api::kube {
namespace {

using base::Result;

// The whole document of one object, as JSON.
Result<void> append_document(const Form& form, const model::StoredObject& object,
                             std::optional<std::string_view> version, int64_t now_ms,
                             std::string& out) {
    if (form.shape != Shape::kTable) return append_item(form, object, version, now_ms, out);
    out += R"({"kind":"Table","apiVersion":")";
    out += form.meta_version();
    out += R"(","metadata":{)";
    if (const std::string_view shown = version.value_or(object.version); !shown.empty()) {
        out += R"("resourceVersion":")";
        out += shown;
        out += '"';
    }
    out += R"(},"columnDefinitions":)";
    out += table_columns(form.kind);
    out += R"(,"rows":[)";
    SNAPGATE_TRY(append_item(form, object, version, now_ms, out));
    out += "]}";
    return {};
}

void drop_version(json::Value& document) {
    if (!document.is_object()) return;
    json::Value* metadata = document.get_object().if_contains("metadata");
    if (metadata == nullptr || !metadata->is_object()) return;
    json::Object& members = metadata->get_object();
    if (auto version = members.find("resourceVersion"); version != members.end())
        members.stable_erase(version);
}

}  // namespace

Result<void> append_item(const Form& form, const model::StoredObject& object,
                         std::optional<std::string_view> version, int64_t now_ms,
                         std::string& out) {
    const json::FormChanges changes{form.v1alpha1, version};
    if (form.shape == Shape::kObject) return json::append_kubernetes_form(object, changes, out);
    if (form.shape == Shape::kPalette) {
        out += object.text;
        return {};
    }
    json::ObjectView& view = json::thread_object_view();
    SNAPGATE_TRY(view.read(object, changes));
    if (form.shape != Shape::kTable) return append_partial_metadata(form, view, out);
    TableRow row;
    SNAPGATE_TRY(make_row(form, view, row));
    append_row(row, now_ms, out);
    return {};
}

Result<void> respond_object(const Form& form, const model::StoredObject& object,
                            std::optional<std::string_view> version, int64_t now_ms,
                            unsigned status, net::Response& response) {
    std::string& body = response.body;
    const size_t begin = body.size();
    SNAPGATE_TRY(append_document(form, object, version, now_ms, body));
    const bool unversioned = version && version->empty() && form.shape == Shape::kObject;
    if (unversioned) {
        SNAPGATE_ASSIGN(json::Value document, json::parse(std::string_view(body).substr(begin)));
        drop_version(document);
        body.resize(begin);
        body += json::serialize(document);
    }
    // As Go's encoders end a document.
    if (body.back() != '\n') body += '\n';
    if (form.media == Media::kYaml) {
        // Its JSON is YAML, too.
        response.finish = [](const std::string& json) {
            std::string text = json::to_yaml(json::parse(json).value());
            if (text.back() != '\n') text += '\n';
            return text;
        };
    }
    response.status = status;
    response.content_type = form.content_type();
    return {};
}

}  // namespace snapgate::api::kube
