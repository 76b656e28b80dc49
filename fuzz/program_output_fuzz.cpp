// What a program prints that gives a cluster's credentials, and the `exec` of a kubeconfig that
// names such a program: credentials, or a refusal that quotes nothing of the output.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/encoding.h"
#include "check.h"
#include "connect/credential_program.h"
#include "connect/token_expiry.h"
#include "input.h"
#include "json/value.h"

namespace {

using namespace snapgate;
using fuzz::check;

constexpr std::string_view kVersion = "client.authentication.k8s.io/v1";

void check_output(std::string_view output) {
    const auto credentials = connect::parse_credentials(output, kVersion);
    if (!credentials) {
        check(credentials.error().code == base::Code::kUnauthorized, "the code of a refusal");
        // A text that quoted the output would be another one for each output.
        static std::set<std::string> messages;
        messages.insert(credentials.error().message);
        check(messages.size() <= 8, "a refusal is one of a few texts");
        return;
    }
    check(!credentials->token.empty() || !credentials->client_certificate.empty(), "credentials");
    check(credentials->client_certificate.empty() == credentials->client_key.empty(),
          "a certificate and its key");
    json::Object status{{"token", credentials->token},
                        {"clientCertificateData", credentials->client_certificate},
                        {"clientKeyData", credentials->client_key}};
    // Years of four digits are written.
    const auto expires = credentials->expires_ms;
    const bool has_year = expires && *expires >= 0 && *expires < 250'000'000'000'000;
    if (has_year) status["expirationTimestamp"] = base::format_rfc3339(*expires);
    const json::Object root{
        {"kind", "ExecCredential"}, {"apiVersion", kVersion}, {"status", status}};
    const auto again = connect::parse_credentials(json::serialize(root), kVersion);
    check(again && again->token == credentials->token &&
              again->client_certificate == credentials->client_certificate &&
              again->client_key == credentials->client_key,
          "credentials are read as they are written");
    check(!has_year || again->expires_ms == *expires / 1000 * 1000, "and their end");
    check(!connect::parse_credentials(output, "client.authentication.k8s.io/v1beta1"),
          "credentials are of one version");
}

void check_program(std::string_view text) {
    const auto value = json::parse(text);
    if (!value || !value->is_object()) return;
    const auto program =
        connect::read_program(value->get_object(), "users[0].user.exec", {"/opt/a", "/opt/b/c"});
    if (!program) {
        check(program.error().code == base::Code::kInvalidBody, "the code of a refusal");
        check(program.error().subject.starts_with("users[0].user.exec."), "the member at fault");
        return fuzz::check_says_why(program.error());
    }
    check(program->file == "/opt/a" || program->file == "/opt/b/c", "only allowed programs run");
    for (const std::string& argument : program->arguments)
        check(argument.find('\0') == std::string::npos, "an argument is one text");
    for (const auto& [name, variable] : program->environment) {
        check(!name.empty() && name.find_first_of(std::string_view("=\0", 2)) == std::string::npos,
              "a variable's name");
        check(variable.find('\0') == std::string::npos, "a variable is one text");
    }
}

// The token of a program may be a JWT, whose end is shown.
void check_token(std::string_view text) {
    check(connect::read_token_expiry(text) >= 0, "a time, or none");
    const std::string token = "e30." + base::base64url(text) + ".c2ln";
    const int64_t expires = connect::read_token_expiry(token);
    check(expires >= 0, "a time, or none");
    check(expires == 0 || text.find("exp") != std::string_view::npos ||
              text.find('\\') != std::string_view::npos,
          "an end has a claim");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    check_output(text);
    check_program(text);
    check_token(text);
    return 0;
}
