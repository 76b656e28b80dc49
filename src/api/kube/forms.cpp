#include "api/kube/forms.h"

#include "json/object.h"

namespace snapgate::api::kube {

using base::Result;

Result<Form> negotiate(const net::Request&, model::Kind kind, bool v1alpha1, Wanted) {
    Form form;
    form.kind = kind;
    form.v1alpha1 = v1alpha1;
    return form;
}

Result<void> append_item(const Form&, const model::StoredObject& object,
                         std::optional<std::string_view>, int64_t, std::string& out) {
    return json::append_kubernetes_form(object, out);
}

std::string_view table_columns(model::Kind) {
    return "[]";
}

Result<void> respond_object(const Form& form, const model::StoredObject& object,
                            std::optional<std::string_view> version, int64_t now_ms,
                            unsigned status, net::Response& response) {
    response.status = status;
    return append_item(form, object, version, now_ms, response.body);
}

}  // namespace snapgate::api::kube
