#include "connect/kubeconfig_renewal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "base/read_file.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kTokenGood{60};
constexpr std::chrono::minutes kFilesGood{5};
constexpr std::chrono::seconds kProgramTime{60};
// Credentials are not used any more when they are about to expire.
constexpr std::chrono::seconds kBeforeExpiry{5};
// A program whose credentials are always expired must not run without a pause.
constexpr std::chrono::seconds kLeastProgramRhythm{10};
constexpr size_t kMaxFileBytes = 1 << 20;

Result<std::string> read_file(const std::filesystem::path& file, const std::string& member) {
    auto text = base::read_file(file, kMaxFileBytes);
    if (text && !text->empty()) return text;
    if (text || text.error().code == Code::kTooLarge) {
        return Error(Code::kUnauthorized, fmt::format("{}: {} is {}", member, file.string(),
                                                      text ? "empty" : text.error().message));
    }
    return Error(Code::kUnauthorized, fmt::format("{}: cannot read {}: {}", member, file.string(),
                                                  text.error().message));
}

// Puts the file's content into `value`. If the file cannot be read, `value` keeps its earlier
// content.
Result<void> refresh(const std::optional<KubeconfigReference>& reference,
                     const std::filesystem::path& folder, std::string& value) {
    if (!reference) return {};
    auto text = read_file(folder / reference->file, reference->path);
    if (text) {
        value = std::move(*text);
    } else if (value.empty()) {
        return text.error();
    }
    return {};
}

}  // namespace

KubeconfigRenewal::KubeconfigRenewal(KubeconfigMembers members, std::filesystem::path folder,
                                     std::optional<CredentialProgram> program,
                                     std::shared_ptr<RenewalStep> step)
    : members_(std::move(members)),
      folder_(std::move(folder)),
      program_(std::move(program)),
      step_(std::move(step)) {
    // A token file takes precedence over a token beside it.
    if (members_.token) members_.connection.token.clear();
}

Result<void> KubeconfigRenewal::read_files(bool refused, steady_clock::time_point now) {
    if (!refused && now < files_good_until_) return {};
    Connection& connection = members_.connection;
    SNAPGATE_TRY(refresh(members_.ca, folder_, connection.ca));
    // Take both files or neither: while a pair is being replaced, its files do not belong together.
    std::string certificate = connection.client_certificate;
    std::string key = connection.client_key;
    SNAPGATE_TRY(refresh(members_.client_certificate, folder_, certificate));
    SNAPGATE_TRY(refresh(members_.client_key, folder_, key));
    connection.client_certificate = std::move(certificate);
    connection.client_key = std::move(key);
    files_good_until_ = now + kFilesGood;
    return {};
}

Result<void> KubeconfigRenewal::read_token(bool refused, steady_clock::time_point now) {
    if (!members_.token || (!refused && now < token_good_until_)) return {};
    std::string& token = members_.connection.token;
    SNAPGATE_TRY(refresh(members_.token, folder_, token));
    token.erase(token.find_last_not_of(" \t\r\n") + 1);
    token_good_until_ = now + kTokenGood;
    return {};
}

Result<void> KubeconfigRenewal::ask_program(bool refused, steady_clock::time_point now,
                                            const std::atomic<bool>& stop) {
    if (!program_ || (!refused && now < program_good_until_)) return {};
    Connection& connection = members_.connection;
    if (step_) step_->set("the program " + program_->file.string());
    auto ran = run_program(*program_, connection, kProgramTime, stop);
    if (step_) step_->set("");
    SNAPGATE_ASSIGN(ProgramCredentials given, std::move(ran));
    connection.token = std::move(given.token);
    // What the program gave before counts no more, as in client-go.
    const bool gives_certificate = !given.client_certificate.empty();
    if (gives_certificate && !replaced_)
        replaced_ = {std::move(connection.client_certificate), std::move(connection.client_key)};
    if (gives_certificate) {
        connection.client_certificate = std::move(given.client_certificate);
        connection.client_key = std::move(given.client_key);
    } else if (replaced_) {
        connection.client_certificate = std::move(replaced_->certificate);
        connection.client_key = std::move(replaced_->key);
        replaced_.reset();
    }
    program_good_until_ = steady_clock::time_point::max();
    if (given.expires_ms) {
        const std::chrono::milliseconds left(*given.expires_ms - base::system_clock().now_ms());
        // The clamp keeps the sum from overflowing.
        program_good_until_ = steady_clock::now() + std::clamp<std::chrono::milliseconds>(
                                                        left - kBeforeExpiry, kLeastProgramRhythm,
                                                        std::chrono::hours(24 * 365));
    }
    return {};
}

Result<RenewedConnection> KubeconfigRenewal::operator()(bool refused,
                                                        const std::atomic<bool>& stop) {
    const auto now = steady_clock::now();
    SNAPGATE_TRY(read_files(refused, now));
    SNAPGATE_TRY(read_token(refused, now));
    SNAPGATE_TRY(ask_program(refused, now, stop));
    auto good = check_members(members_);
    if (!good) {
        // A fault may be mended at any time, so nothing is good until later.
        files_good_until_ = token_good_until_ = program_good_until_ = {};
        return Error(Code::kUnauthorized, good.error().message);
    }
    auto until = steady_clock::time_point::max();
    if (members_.ca || members_.client_certificate || members_.client_key)
        until = std::min(until, files_good_until_);
    if (members_.token) until = std::min(until, token_good_until_);
    if (program_) until = std::min(until, program_good_until_);
    return RenewedConnection{members_.connection, until};
}

}  // namespace snapgate::connect
