#include <fmt/format.h>

#include <array>
#include <optional>

#include "api/kube/accept.h"
#include "api/kube/forms.h"
#include "api/kube/parameters.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kAccepted =
    "only the following media types are accepted: application/json, application/yaml, "
    "application/vnd.kubernetes.protobuf";
constexpr std::string_view kAcceptedStreams =
    "only the following media types are accepted: application/json;stream=watch, "
    "application/vnd.kubernetes.protobuf;stream=watch";
constexpr std::string_view kNoProtobuf =
    "objects are not served as protobuf: only the following media types are accepted: "
    "application/json, application/yaml";

Error not_acceptable(std::string message) {
    return {Code::kNotAcceptable, std::move(message), "Accept"};
}

// What a clause wants the object turned into.
struct Target {
    std::string_view kind;  // "": nothing
    bool v1beta1 = false;
};

// nullopt for a clause that asks for what there is not.
std::optional<Target> read_target(const AcceptClause& clause) {
    bool converts = false;
    std::string_view group;
    std::string_view version;
    Target target;
    for (const auto& [name, value] : clause.parameters) {
        converts = converts || name == "as" || name == "g" || name == "v";
        if (name == "as") target.kind = value;
        if (name == "g") group = value;
        if (name == "v") version = value;
        if (name == "stream" && value != "watch") return std::nullopt;
        if (name == "sv" && value != "v1") return std::nullopt;
    }
    if (!converts) return target;
    target.v1beta1 = version == "v1beta1";
    if (group != "meta.k8s.io" || (version != "v1" && !target.v1beta1)) return std::nullopt;
    if (target.kind != "Table" && target.kind != "PartialObjectMetadata" &&
        target.kind != "PartialObjectMetadataList")
        return std::nullopt;
    return target;
}

// The type that kube-apiserver prints in messages.
std::string go_type(model::Kind kind, bool list) {
    if (kind == model::Kind::kNamespace) return list ? "*core.NamespaceList" : "*core.Namespace";
    return list ? "*unstructured.UnstructuredList" : "*unstructured.Unstructured";
}

Result<IncludeObject> read_include(const net::Request& request) {
    SNAPGATE_ASSIGN(const std::string value, first_parameter(request, "includeObject"));
    if (value.empty() || value == "Metadata") return IncludeObject::kMetadata;
    if (value == "Object") return IncludeObject::kObject;
    if (value == "None") return IncludeObject::kNone;
    return Error(Code::kInvalidParameter,
                 fmt::format("Unable to convert to Table as requested: includeObject: Invalid "
                             "value: \"{}\": must be 'Metadata', 'Object', 'None', or empty",
                             value),
                 "includeObject");
}

Result<Form> apply(const Target& target, const net::Request& request, Wanted wanted, Form form) {
    form.meta_v1beta1 = target.v1beta1;
    if (target.kind.empty()) return form;
    if (target.kind == "Table") {
        form.shape = Shape::kTable;
        SNAPGATE_ASSIGN(form.include, read_include(request));
        return form;
    }
    const bool list = wanted == Wanted::kList;
    if (list != (target.kind == "PartialObjectMetadataList")) {
        return not_acceptable(
            fmt::format("you requested {}, but the requested object is {}a list "
                        "({})",
                        target.kind, list ? "" : "not ", go_type(form.kind, list)));
    }
    form.shape = Shape::kPartialMetadata;
    return form;
}

}  // namespace

Result<Form> negotiate(const net::Request& request, model::Kind kind, bool v1alpha1,
                       Wanted wanted) {
    Form form;
    form.kind = kind;
    form.v1alpha1 = v1alpha1;
    const std::string_view header = request.header("Accept").value_or("");
    if (header.empty()) return form;
    bool wants_protobuf = false;
    for (const AcceptClause& clause : parse_accept(header)) {
        const bool json = clause.covers("json");
        const auto target = read_target(clause);
        if (target && (json || clause.covers("yaml"))) {
            form.media = json ? Media::kJson : Media::kYaml;
            if (wanted == Wanted::kWatch && form.media == Media::kYaml)
                return not_acceptable(std::string(kAcceptedStreams));
            return apply(*target, request, wanted, form);
        }
        wants_protobuf = wants_protobuf || clause.covers("vnd.kubernetes.protobuf");
    }
    if (wants_protobuf) return not_acceptable(std::string(kNoProtobuf));
    return not_acceptable(std::string(wanted == Wanted::kWatch ? kAcceptedStreams : kAccepted));
}

}  // namespace snapgate::api::kube
