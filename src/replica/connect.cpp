#include "replica/connect.h"

#include <utility>

namespace snapgate::replica {

base::Result<std::unique_ptr<etcd::Client>> connect(const Options& options) {
    etcd::ClientOptions client;
    client.endpoints = options.endpoints;
    client.ca = options.ca;
    client.certificate = options.certificate;
    client.private_key = options.private_key;
    client.username = options.username;
    client.password = options.password;
    auto made = etcd::Client::make(std::move(client));
    if (!made) return etcd::to_base(made.error());
    return std::move(*made);
}

}  // namespace snapgate::replica
