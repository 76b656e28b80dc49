#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include "base/count_text.h"
#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "connect/credential_program.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr size_t kMaxOutputBytes = 1 << 20;
constexpr int kPollMs = 50;
constexpr int kFirstFreeDescriptor = 3;

Error failed(const CredentialProgram& program, std::string_view what) {
    return {Code::kUnauthorized,
            fmt::format("the program {} that gives the credentials of this cluster {}",
                        program.file.string(), what)};
}

std::string too_much_output() {
    return "printed more than " + base::size_text(kMaxOutputBytes);
}

std::string program_input(const CredentialProgram& program, const Connection& connection) {
    json::Object spec{{"interactive", false}};
    if (program.wants_cluster) {
        json::Object cluster{{"server", connection.server}};
        if (!connection.server_name.empty()) cluster["tls-server-name"] = connection.server_name;
        if (connection.insecure) cluster["insecure-skip-tls-verify"] = true;
        if (!connection.ca.empty()) {
            std::string ca;
            base::append_base64(connection.ca, ca);
            cluster["certificate-authority-data"] = ca;
        }
        spec["cluster"] = std::move(cluster);
    }
    return json::serialize(json::Object{
        {"apiVersion", program.api_version}, {"kind", "ExecCredential"}, {"spec", spec}});
}

// The environment of this process without snapgate's own settings (one of them is a key), then the
// variables of the kubeconfig.
std::vector<std::string> environment_of(const CredentialProgram& program,
                                        const Connection& connection) {
    std::vector<std::string> variables;
    const auto set = [&variables](std::string_view name, std::string_view value) {
        const std::string begin = fmt::format("{}=", name);
        std::erase_if(variables, [&](const std::string& one) { return one.starts_with(begin); });
        variables.push_back(begin + std::string(value));
    };
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (!text.starts_with("SNAPGATE_")) variables.emplace_back(text);
    }
    for (const auto& [name, value] : program.environment) set(name, value);
    set("KUBERNETES_EXEC_INFO", program_input(program, connection));
    return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

// A running process in its own group, whose output is read. It is ended with this object.
class Running {
  public:
    Running(pid_t pid, base::FileDescriptor output) : pid_(pid), output_(std::move(output)) {}
    ~Running() {
        if (!ended_) {
            ::kill(-pid_, SIGKILL);
            while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
            }
        }
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    // Reads the available output; false at its end.
    bool read(std::string& into) const {
        std::array<char, 16384> room;
        const ssize_t count = ::read(output_.get(), room.data(), room.size());
        if (count > 0) into.append(room.data(), static_cast<size_t>(count));
        return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
    }
    void wait_for_output() const {
        pollfd wanted{output_.get(), POLLIN, 0};
        ::poll(&wanted, 1, kPollMs);
    }
    bool has_ended() {
        if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
        return ended_;
    }
    bool succeeded() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }
    std::string how() const {
        return WIFEXITED(status_) ? fmt::format("ended with status {}", WEXITSTATUS(status_))
                                  : fmt::format("was ended by signal {}", WTERMSIG(status_));
    }

  private:
    pid_t pid_;
    base::FileDescriptor output_;
    int status_ = 0;
    bool ended_ = false;
};

// Starts the program. Returns 0 or an errno.
int spawn(const CredentialProgram& program, const Connection& connection, int output, pid_t& pid) {
    std::vector<std::string> arguments{program.file.string()};
    arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
    std::vector<std::string> variables = environment_of(program, connection);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    // Messages for people may contain secrets, and nobody is there to read them.
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, kFirstFreeDescriptor);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const int code = ::posix_spawn(&pid, program.file.c_str(), &actions, &attributes,
                                   pointers(arguments).data(), pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    return code;
}

}  // namespace

Result<ProgramCredentials> run_program(const CredentialProgram& program, const Connection& cluster,
                                       milliseconds timeout, const std::atomic<bool>& stop) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return failed(program, fmt::format("cannot be run: {}", std::strerror(errno)));
    base::FileDescriptor output_end(ends[0]);
    base::FileDescriptor program_end(ends[1]);
    pid_t pid = 0;
    const int code = spawn(program, cluster, program_end.get(), pid);
    program_end = {};
    if (code != 0) return failed(program, fmt::format("cannot be run: {}", std::strerror(code)));
    ::fcntl(output_end.get(), F_SETFL, O_NONBLOCK);
    Running running(pid, std::move(output_end));
    const auto deadline = steady_clock::now() + timeout;
    std::string output;
    // Its child processes may keep the output open, so wait for the end of the program itself.
    while (!running.has_ended()) {
        if (stop) return failed(program, "was ended, as the server stops");
        if (steady_clock::now() > deadline) {
            return failed(program, fmt::format("took longer than {} s and was ended",
                                               timeout.count() / 1000));
        }
        running.wait_for_output();
        if (!running.read(output)) std::this_thread::sleep_for(milliseconds(kPollMs));
        if (output.size() > kMaxOutputBytes)
            return failed(program, too_much_output() + " and was ended");
    }
    for (size_t before = output.size() + 1; before != output.size();) {
        before = output.size();
        if (!running.read(output) || output.size() > kMaxOutputBytes) break;
    }
    if (!running.succeeded()) {
        return failed(program, fmt::format("{}: run it by hand as the server's user, with the "
                                           "arguments of the kubeconfig, to see what it says",
                                           running.how()));
    }
    if (output.size() > kMaxOutputBytes) return failed(program, too_much_output());
    return parse_credentials(output, program.api_version);
}

}  // namespace snapgate::connect
