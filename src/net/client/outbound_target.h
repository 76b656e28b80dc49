#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "net/client/outbound.h"
#include "net/client/server_url.h"
#include "net/tls/tls_tickets.h"

namespace snapgate::net {

// The one kind of OutboundTarget that there is: what OutboundTarget::make() made of the options.
// Immutable but for its tickets; any thread.
class CheckedTarget final : public OutboundTarget {
  public:
    struct Parts {
        ServerUrl url;
        std::shared_ptr<boost::asio::ssl::context> tls;  // null for http://
        std::shared_ptr<TlsTickets> tickets;             // as `tls`
        std::string verified_name;                       // "" where any certificate will do
        std::string indicated_name;                      // "" for addresses (RFC 6066)
        bool has_certificate = false;
    };
    explicit CheckedTarget(Parts parts) : parts_(std::move(parts)) {}

    std::string text() const override { return parts_.url.text(); }
    const Parts& parts() const { return parts_; }

    // "cannot reach https://...: why", and the reason as `subject`.
    base::Error failure(base::Code code, std::string_view reason, std::string_view why) const;
    // "https://... what"
    base::Error fault(base::Code code, std::string_view reason, std::string_view what) const;

  private:
    const Parts parts_;
};

}  // namespace snapgate::net
