#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "connect/connection.h"
#include "json/value.h"

namespace snapgate::connect {

// A program that gives the credentials of a kubeconfig's user (users[].user.exec): its path and how
// it is called. https://kubernetes.io/docs/reference/access-authn-authz/authentication/, section
// "client-go credential plugins".
struct CredentialProgram {
    std::filesystem::path file;
    std::string api_version;  // client.authentication.k8s.io/v1 or v1beta1
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;
    bool wants_cluster = false;  // the program gets the cluster's description
};

// The credentials that such a program gives.
struct ProgramCredentials {
    std::string token;
    std::string client_certificate;
    std::string client_key;
    std::optional<int64_t> expires_ms;
};

// Reads the `exec` of a user; `path` is its place in the kubeconfig, for errors. Only programs of
// `allowed` (absolute paths) are accepted, by their whole path, or by their name if that is enough.
// kInvalidBody.
base::Result<CredentialProgram> read_program(const json::Object& exec, const std::string& path,
                                             const std::vector<std::filesystem::path>& allowed);

// Runs the program without a shell, in the environment of this process without snapgate's own
// variables. Waits for at most `timeout`, or until `stop`. The output is bounded, and no error
// contains any of it. Blocks. kUnauthorized.
base::Result<ProgramCredentials> run_program(const CredentialProgram& program,
                                             const Connection& cluster,
                                             std::chrono::milliseconds timeout,
                                             const std::atomic<bool>& stop);

// Reads the ExecCredential that a program printed. kUnauthorized.
base::Result<ProgramCredentials> parse_credentials(std::string_view output,
                                                   std::string_view api_version);

}  // namespace snapgate::connect
