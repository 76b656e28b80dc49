#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/framing_guard.h"
#include "net/http.h"
#include "net/transport.h"
#include "net/worker.h"

namespace snapgate::net {

// The server's side of a ResponseStream: one for each request, in the frame that answers it,
// whether the handler uses it or not. On its connection's thread; everything it is given outlives
// it.
class ServerStream final : public ResponseStream {
  public:
    // `may_keep`: whether the request lets the connection go on afterwards.
    ServerStream(Worker& worker, Transport& transport, const Request& request, Response& response,
                 const Head& head, bool may_keep)
        : worker_(worker),
          transport_(transport),
          request_(request),
          response_(response),
          http_1_0_(head.minor_version == 0),
          keep_(may_keep && !http_1_0_) {}

    Awaitable<base::Result<void>> begin() override;
    Awaitable<base::Result<void>> write(std::string_view bytes) override;

    // By the connection, once the handler has returned:
    bool begun() const { return begun_; }
    // What was sent of the body, without its framing.
    size_t bytes() const { return bytes_; }
    // Ends the stream, `whole` or cut off in a way that the client notices. Whether the connection
    // can go on.
    Awaitable<bool> end(bool whole);

  private:
    base::Error fault();

    Worker& worker_;
    Transport& transport_;
    const Request& request_;
    Response& response_;
    const bool http_1_0_;
    bool keep_;
    bool begun_ = false;
    bool bodiless_ = false;
    bool failed_ = false;
    bool timed_out_ = false;
    size_t bytes_ = 0;
    std::string scratch_;
};

}  // namespace snapgate::net
