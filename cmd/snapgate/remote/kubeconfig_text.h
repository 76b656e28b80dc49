#pragma once

#include <string>

#include "remote/failure.h"

namespace snapgate::cli {

// What a kubeconfig says about one cluster.
struct Kubeconfig {
    std::string name;    // of the cluster, its user and its context
    std::string server;  // https://host:port/clusters/UID
    std::string ca;      // PEM; "" for the system's CAs
    std::string token;
    std::string ns;  // that kubectl works in; "" for default
};

// The file as YAML. It holds the token.
std::string kubeconfig_text(const Kubeconfig& kubeconfig);

// The certificates of a PEM text and nothing else: a private key beside them is not for others.
// kUsage (naming `file`) if there is none.
Outcome<std::string> certificates_in(std::string_view pem, std::string_view file);

}  // namespace snapgate::cli
