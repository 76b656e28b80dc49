#pragma once

#include <memory>
#include <string>
#include <string_view>

struct libdeflate_compressor;

namespace snapgate::net {

// Compresses whole bodies. One for each thread; the memory of the compressor is used again.
class Gzip {
  public:
    // 1 is fastest, 6 smallest of what is sensible for answers made on the fly.
    static constexpr int kLevel = 1;

    explicit Gzip(int level = kLevel);

    // Replaces `out` by the gzip form of `bytes`. False if there is no memory; `out` is then empty.
    bool compress(std::string_view bytes, std::string& out);

  private:
    struct Free {
        void operator()(libdeflate_compressor* compressor) const;
    };
    int level_;
    std::unique_ptr<libdeflate_compressor, Free> compressor_;
};

}  // namespace snapgate::net
