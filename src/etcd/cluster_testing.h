#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "etcd/client.h"

namespace snapgate::etcd {

// For tests: Debian's etcd on free ports of loopback, with its data in a temporary folder that goes
// with it. Throws std::runtime_error if a member does not start. One thread.
class TestCluster {
  public:
    struct Options {
        size_t members = 1;
        bool tls = false;  // with certificates of clients; made by the `openssl` program
        // NOLINTNEXTLINE(readability-redundant-member-init)
        std::vector<std::string> arguments = {};  // more of them, for each member
    };

    explicit TestCluster(Options options);
    TestCluster() : TestCluster(Options()) {}
    ~TestCluster();
    TestCluster(const TestCluster&) = delete;
    TestCluster& operator=(const TestCluster&) = delete;

    size_t size() const { return members_.size(); }
    const std::string& url(size_t member) const { return members_[member].url; }
    // Of a client of all members, with the certificates.
    ClientOptions client_options() const;
    // A client of all members.
    std::unique_ptr<Client> client() const { return client(client_options()); }
    static std::unique_ptr<Client> client(ClientOptions options);
    // Waits until a read through this member alone works.
    void wait_until_ready(size_t member) const;
    // The member that leads; waits until there is one.
    size_t leader() const;

    void kill(size_t index);    // with SIGKILL
    void start(size_t index);   // again, with its data
    void pause(size_t member);  // with SIGSTOP
    void go_on(size_t member);

    // Posts JSON to the member's gateway, as in ("/v3/kv/compaction", R"({"revision": 5})"), and
    // returns the answer's body.
    std::string post(size_t member, const std::string& path, const std::string& json) const;
    // A field of what the member says of itself, such as "member_id"; empty without one.
    std::string status(size_t member, const std::string& field) const;
    // The text of a file that the cluster was made with: ca.pem, client.pem, client.key, ...
    std::string pem(const std::string& file) const;

  private:
    struct Member {
        std::string url;
        std::string peer_url;
        pid_t pid = -1;
    };

    void choose_ports();
    void make_certificates() const;
    bool try_start();

    const Options options_;
    std::filesystem::path folder_;
    std::vector<Member> members_;
};

}  // namespace snapgate::etcd
