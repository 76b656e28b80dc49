#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "base/server_url.h"
#include "net/client/outbound.h"
#include "net/tls/tls_tickets.h"

namespace snapgate::net {

// What OutboundTarget::make() made of the options.
struct OutboundTarget::Parts {
    base::ServerUrl url;
    std::shared_ptr<boost::asio::ssl::context> tls;  // null for http://
    std::shared_ptr<TlsTickets> tickets;             // as `tls`
    std::string verified_name;                       // "" where any certificate will do
    std::string indicated_name;                      // "" for addresses (RFC 6066)
    std::string certificate_digest;                  // "" where others than one certificate will do
    bool has_certificate = false;
    int64_t client_certificate_expires_ms = 0;
    // Of the certificate that the server showed last.
    std::shared_ptr<std::atomic<int64_t>> server_certificate_expires_ms;
    OutboundAdvice advice;
    std::shared_ptr<const AddressRules> rules;  // null: every address may be connected to
};

}  // namespace snapgate::net
