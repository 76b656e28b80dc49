// Serves a fixed body, copied for each request as a list is copied out of the store, so that the
// server alone can be measured from outside:
//
//     net_server_bench PORT THREADS FILE [CERTIFICATE KEY]
//     wrk -c16 -t1 -d10 http://127.0.0.1:PORT/
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "base/decimal.h"
#include "net/server/server.h"

namespace {

using namespace snapgate;

unsigned number(const char* text) {
    return static_cast<unsigned>(base::read_decimal(text, UINT16_MAX).value_or(0));
}

net::Awaitable<void> answer(const std::string& page, net::Response& response) {
    response.body.append(page);
    response.add_header("ETag", "W/\"1\"");
    co_return;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4 && argc != 6) {
        std::fprintf(stderr, "usage: %s PORT THREADS FILE [CERTIFICATE KEY]\n", argv[0]);
        return 2;
    }
    std::ifstream file(argv[3], std::ios::binary);
    const std::string page{std::istreambuf_iterator<char>(file), {}};

    net::ServerOptions options;
    options.port = static_cast<uint16_t>(number(argv[1]));
    options.threads = number(argv[2]);
    if (argc == 6) {
        auto tls = net::TlsContexts::load(argv[4], argv[5]);
        if (!tls) {
            std::fprintf(stderr, "%s\n", tls.error().message.c_str());
            return 1;
        }
        options.tls = *tls;
    }
    net::ServerHooks hooks;
    hooks.handler = [&page](net::Request&, net::Response& response) {
        return answer(page, response);
    };
    auto server = net::Server::start(options, hooks);
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().message.c_str());
        return 1;
    }
    pause();
    return 0;
}
