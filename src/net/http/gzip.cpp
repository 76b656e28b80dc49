#include "net/http/gzip.h"

#include <libdeflate.h>

namespace snapgate::net {

void Gzip::Free::operator()(libdeflate_compressor* compressor) const {
    libdeflate_free_compressor(compressor);
}

// The compressor takes some hundred kilobytes: it is made when the first client asks for gzip.
Gzip::Gzip(int level) : level_(level) {}

bool Gzip::compress(std::string_view bytes, std::string& out) {
    out.clear();
    if (!compressor_) compressor_.reset(libdeflate_alloc_compressor(level_));
    if (!compressor_) return false;
    out.resize(libdeflate_gzip_compress_bound(compressor_.get(), bytes.size()));
    const size_t size = libdeflate_gzip_compress(compressor_.get(), bytes.data(), bytes.size(),
                                                 out.data(), out.size());
    out.resize(size);
    return size > 0;
}

}  // namespace snapgate::net
