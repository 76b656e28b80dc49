#include "etcd/client.h"

#include <future>
#include <utility>

#include "base/result.h"
#include "etcd/codec.h"
#include "etcd/connection.h"
#include "etcd/kept_lease.h"
#include "etcd/methods.h"
#include "etcd/watch_stream.h"

namespace snapgate::etcd {
namespace {

// gRPC counts bytes in an int.
constexpr size_t kMostAnswerBytes = size_t{1} << 30;

Error wrong(std::string message) {
    return {ErrorCode::kInvalidArgument, std::move(message)};
}

Result<void> check(const ClientOptions& options, bool tls) {
    if (options.certificate.empty() != options.private_key.empty())
        return wrong("a certificate for etcd and its private key are given together, or none");
    if (!tls && (!options.ca.empty() || !options.certificate.empty()))
        return wrong("certificates for etcd are given, and the endpoints begin with http://");
    if (options.username.empty() && !options.password.empty())
        return wrong("a password for etcd is given without a user name");
    if (options.max_answer_bytes == 0 || options.max_answer_bytes > kMostAnswerBytes)
        return wrong("the largest answer of etcd has between 1 byte and 1 GiB");
    return {};
}

}  // namespace

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

Result<std::unique_ptr<Client>> Client::make(ClientOptions options) {
    if (options.endpoints.empty()) return wrong("no endpoint of etcd is given");
    std::vector<Endpoint> endpoints;
    for (const std::string& text : options.endpoints) {
        SNAPGATE_ASSIGN(Endpoint endpoint, parse_endpoint(text));
        endpoints.push_back(std::move(endpoint));
    }
    const bool tls = endpoints.front().tls;
    for (const Endpoint& endpoint : endpoints) {
        if (endpoint.tls != tls)
            return wrong("the endpoints of etcd begin all with http:// or all with https://");
    }
    SNAPGATE_TRY(check(options, tls));
    return std::unique_ptr<Client>(
        new Client(std::make_unique<Connection>(std::move(options), std::move(endpoints))));
}

Client::~Client() {
    connection_->close();
    connection_->wait_for_calls();
}

void Client::range_async(RangeRequest request, std::function<void(Result<Range>)> done) {
    Connection::Request call{method::kRange, encode(request),
                             connection_->deadline_of(request.timeout)};
    call.is_read = true;
    call.needs_leader = !request.serializable;
    connection_->call(std::move(call), [request = std::move(request),
                                        done = std::move(done)](Result<std::string> answer) {
        if (answer) {
            done(decode_range(request, *answer));
        } else {
            done(std::move(answer).error());
        }
    });
}

void Client::commit_async(Txn txn, std::function<void(Result<Committed>)> done) {
    Connection::Request call{method::kTxn, encode(txn), connection_->deadline_of(txn.timeout)};
    connection_->call(std::move(call),
                      [txn = std::move(txn), done = std::move(done)](Result<std::string> answer) {
                          if (answer) {
                              done(decode_committed(txn, *answer));
                          } else {
                              done(std::move(answer).error());
                          }
                      });
}

Result<Range> Client::range(RangeRequest request) {
    std::promise<Result<Range>> promise;
    range_async(std::move(request),
                [&promise](Result<Range> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

Result<Committed> Client::commit(Txn txn) {
    std::promise<Result<Committed>> promise;
    commit_async(std::move(txn),
                 [&promise](Result<Committed> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

Result<std::unique_ptr<Watch>> Client::watch(std::string key, std::string range_end,
                                             int64_t start_revision) {
    return WatchStream::open(*connection_, std::move(key), std::move(range_end), start_revision);
}

Result<std::unique_ptr<Lease>> Client::grant(LeaseOptions options) {
    return KeptLease::grant(*connection_, std::move(options));
}

void Client::close() {
    connection_->close();
}

}  // namespace snapgate::etcd
