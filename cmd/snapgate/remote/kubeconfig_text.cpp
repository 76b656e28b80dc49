#include "remote/kubeconfig_text.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "json/yaml.h"

namespace snapgate::cli {

std::string kubeconfig_text(const Kubeconfig& kubeconfig) {
    json::Object cluster;
    if (!kubeconfig.ca.empty()) {
        std::string encoded;
        base::append_base64(kubeconfig.ca, encoded);
        cluster["certificate-authority-data"] = encoded;
    }
    cluster["server"] = kubeconfig.server;
    json::Object context;
    context["cluster"] = kubeconfig.name;
    if (!kubeconfig.ns.empty()) context["namespace"] = kubeconfig.ns;
    context["user"] = kubeconfig.name;
    auto named = [&](std::string_view kind, json::Object object) {
        json::Object entry;
        entry[kind] = std::move(object);
        entry["name"] = kubeconfig.name;
        json::Array list;
        list.emplace_back(std::move(entry));
        return list;
    };
    json::Object whole;
    whole["apiVersion"] = "v1";
    whole["kind"] = "Config";
    whole["clusters"] = named("cluster", std::move(cluster));
    whole["contexts"] = named("context", std::move(context));
    whole["current-context"] = kubeconfig.name;
    whole["users"] = named("user", json::Object{{"token", kubeconfig.token}});
    return json::to_yaml(whole);
}

Outcome<std::string> certificates_in(std::string_view pem, std::string_view file) {
    constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
    constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
    std::string certificates;
    size_t at = 0;
    while ((at = pem.find(kBegin, at)) != std::string_view::npos) {
        size_t end = pem.find(kEnd, at);
        if (end == std::string_view::npos) break;
        end += kEnd.size();
        certificates += pem.substr(at, end - at);
        certificates += '\n';
        at = end;
    }
    if (certificates.empty())
        return Failure(
            Exit::kUsage,
            fmt::format("{} holds no certificate: --ca takes a PEM file with the CA that "
                        "signed the server's certificate",
                        file));
    return certificates;
}

}  // namespace snapgate::cli
