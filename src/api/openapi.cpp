#include "api/openapi.h"

#include <string_view>

#include "json/value.h"
#include "json/yaml.h"

namespace snapgate::api {

// The text of docs/openapi.yaml.
extern const std::string_view kOpenApi;

const std::string& openapi_document() {
    // Throws where the file is no YAML: a bug that every test of it meets.
    static const std::string text = [] {
        json::Value document = json::parse_yaml(kOpenApi).value();
        document.at("info").as_object()["version"] = SNAPGATE_VERSION;
        return json::serialize(document);
    }();
    return text;
}

net::Awaitable<base::Result<void>> get_openapi(Call& call) {
    call.response.add_header("Cache-Control", "no-cache");
    respond_unless_known(call, openapi_document(), "application/json");
    co_return base::Result<void>();
}

}  // namespace snapgate::api
