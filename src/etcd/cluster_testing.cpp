#include "etcd/cluster_testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/encoding.h"
#include "base/file_descriptor.h"

namespace snapgate::etcd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStartTime{30};
constexpr std::chrono::milliseconds kLook{20};

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error("etcd: " + what);
}

struct Port {
    base::FileDescriptor socket;  // keeps the port from others while more are chosen
    int number = 0;
};

Port free_port() {
    Port port{base::FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), 0};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (!port.socket || ::bind(port.socket.get(), any, size) != 0 ||
        ::getsockname(port.socket.get(), any, &size) != 0)
        fail("no free port");
    port.number = ntohs(address.sin_port);
    return port;
}

pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& output) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                       0600);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    // A test that crashes takes its members with it.
    std::vector<std::string> words = {"setpriv", "--pdeathsig", "KILL"};
    words.insert(words.end(), command.begin(), command.end());
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (const std::string& one : words) arguments.push_back(const_cast<char*>(one.c_str()));
    arguments.push_back(nullptr);
    pid_t pid = -1;
    const int error =
        ::posix_spawnp(&pid, arguments.front(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) fail("cannot start " + command.front());
    return pid;
}

void run(const std::vector<std::string>& command, const std::filesystem::path& output) {
    int status = 0;
    if (::waitpid(spawn(command, output), &status, 0) < 0 || status != 0)
        fail("failed: " + command.front() + " " + command[1] + "; see " + output.string());
}

}  // namespace

TestCluster::TestCluster(Options options) : options_(std::move(options)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "etcd-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) fail("mkdtemp failed");
    folder_ = pattern;
    if (options_.tls) make_certificates();
    // Another program may take a port between its choice and its use.
    for (int attempt = 0; attempt < 5; ++attempt) {
        choose_ports();
        if (try_start()) return;
        for (size_t member = 0; member < size(); ++member) kill(member);
    }
    fail("no member started; see " + folder_.string());
}

TestCluster::~TestCluster() {
    for (size_t member = 0; member < size(); ++member) kill(member);
    std::filesystem::remove_all(folder_);
}

void TestCluster::choose_ports() {
    std::vector<Port> ports;
    members_.assign(options_.members, {});
    const char* scheme = options_.tls ? "https" : "http";
    for (Member& member : members_) {
        const int client = ports.emplace_back(free_port()).number;
        const int peer = ports.emplace_back(free_port()).number;
        member.url = fmt::format("{}://127.0.0.1:{}", scheme, client);
        member.peer_url = fmt::format("http://127.0.0.1:{}", peer);
    }
}

void TestCluster::make_certificates() const {
    const auto file = [this](const char* name) { return (folder_ / name).string(); };
    const std::string log = file("openssl.log");
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=etcd test", "-days", "2", "-keyout", file("ca.key"), "-out",
         file("ca.pem")},
        log);
    run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=other", "-days", "2", "-keyout", file("other.key"), "-out",
         file("other.pem")},
        log);
    std::ofstream(file("names")) << "subjectAltName=IP:127.0.0.1\n";
    for (const char* name : {"server", "client"}) {
        run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-subj", fmt::format("/CN={}", name), "-keyout",
             file(name) + std::string(".key"), "-out", file(name) + std::string(".csr")},
            log);
        run({"openssl", "x509", "-req", "-in", file(name) + std::string(".csr"), "-CA",
             file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-days", "2", "-extfile",
             file("names"), "-out", file(name) + std::string(".pem")},
            log);
    }
}

void TestCluster::start(size_t index) {
    std::string peers;
    for (size_t i = 0; i < size(); ++i)
        peers += fmt::format("{}m{}={}", i == 0 ? "" : ",", i, members_[i].peer_url);
    Member& member = members_[index];
    const auto file = [this](const std::string& name) { return (folder_ / name).string(); };
    const std::string number = std::to_string(index);
    std::vector<std::string> command{
        "etcd",
        "--name=m" + number,
        "--data-dir=" + file(number),
        "--listen-client-urls=" + member.url,
        "--advertise-client-urls=" + member.url,
        "--listen-peer-urls=" + member.peer_url,
        "--initial-advertise-peer-urls=" + member.peer_url,
        "--initial-cluster=" + peers,
        "--initial-cluster-token=" + folder_.filename().string(),
        "--log-level=warn",
        "--logger=zap",
    };
    if (options_.tls) {
        command.push_back("--cert-file=" + file("server.pem"));
        command.push_back("--key-file=" + file("server.key"));
        command.push_back("--trusted-ca-file=" + file("ca.pem"));
        command.emplace_back("--client-cert-auth");
    }
    command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
    member.pid = spawn(command, folder_ / (number + ".log"));
}

bool TestCluster::try_start() {
    for (size_t member = 0; member < size(); ++member) start(member);
    for (size_t member = 0; member < size(); ++member) {
        const auto deadline = Clock::now() + kStartTime;
        ClientOptions options = client_options();
        options.endpoints = {url(member)};
        const auto alone = client(std::move(options));
        while (true) {
            RangeRequest request;
            request.key = "ready";
            request.timeout = base::Millis(500);
            if (alone->range(std::move(request))) break;
            int status = 0;
            if (::waitpid(members_[member].pid, &status, WNOHANG) != 0) {
                members_[member].pid = -1;
                return false;
            }
            if (Clock::now() > deadline) return false;
            std::this_thread::sleep_for(kLook);
        }
    }
    return true;
}

void TestCluster::wait_until_ready(size_t member) const {
    const auto deadline = Clock::now() + kStartTime;
    ClientOptions options = client_options();
    options.endpoints = {url(member)};
    const auto alone = client(std::move(options));
    while (true) {
        RangeRequest request;
        request.key = "ready";
        request.timeout = base::Millis(500);
        const auto range = alone->range(std::move(request));
        if (range) return;
        if (Clock::now() > deadline) fail("a member is not ready: " + range.error().message);
        std::this_thread::sleep_for(kLook);
    }
}

ClientOptions TestCluster::client_options() const {
    ClientOptions options;
    for (const Member& member : members_) options.endpoints.push_back(member.url);
    if (options_.tls) {
        options.ca = pem("ca.pem");
        options.certificate = pem("client.pem");
        options.private_key = pem("client.key");
    }
    return options;
}

std::unique_ptr<Client> TestCluster::client(ClientOptions options) {
    auto made = Client::make(std::move(options));
    if (!made) fail(made.error().message);
    return std::move(*made);
}

void TestCluster::kill(size_t index) {
    pid_t& pid = members_[index].pid;
    if (pid < 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = -1;
}

void TestCluster::pause(size_t member) {
    ::kill(members_[member].pid, SIGSTOP);
}

void TestCluster::go_on(size_t member) {
    ::kill(members_[member].pid, SIGCONT);
}

std::string TestCluster::pem(const std::string& file) const {
    std::ifstream stream(folder_ / file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::string TestCluster::post(size_t member, const std::string& path,
                              const std::string& json) const {
    const std::string& to = url(member);
    const base::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(to.substr(to.rfind(':') + 1))));
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        fail("cannot connect to " + to);
    const std::string request = fmt::format(
        "POST {} HTTP/1.0\r\nHost: etcd\r\nContent-Length: {}\r\n\r\n{}", path, json.size(), json);
    std::string answer;
    if (!base::write_all(socket.get(), request) ||
        !base::read_up_to(socket.get(), size_t{1} << 20, answer))
        fail("no answer from " + to);
    return answer.substr(std::min(answer.size(), answer.find("\r\n\r\n") + 4));
}

std::string TestCluster::status(size_t member, const std::string& field) const {
    const std::string status = post(member, "/v3/maintenance/status", "{}");
    const std::string begin = "\"" + field + "\":\"";
    const size_t at = status.find(begin);
    if (at == std::string::npos) return {};
    const size_t value = at + begin.size();
    return status.substr(value, status.find('"', value) - value);
}

size_t TestCluster::leader() const {
    const auto deadline = Clock::now() + kStartTime;
    while (Clock::now() < deadline) {
        for (size_t member = 0; member < size(); ++member) {
            if (members_[member].pid < 0) continue;
            const std::string leader = status(member, "leader");
            if (!leader.empty() && leader == status(member, "member_id")) return member;
        }
        std::this_thread::sleep_for(kLook);
    }
    fail("no member leads");
}

}  // namespace snapgate::etcd
