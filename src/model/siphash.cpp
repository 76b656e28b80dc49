#include "model/siphash.h"

#include <bit>
#include <cstring>

namespace snapgate::model {
namespace {

static_assert(std::endian::native == std::endian::little);

struct State {
    uint64_t v0, v1, v2, v3;

    void rounds(int count) {
        for (int i = 0; i < count; ++i) {
            v0 += v1;
            v1 = std::rotl(v1, 13) ^ v0;
            v0 = std::rotl(v0, 32);
            v2 += v3;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1;
            v1 = std::rotl(v1, 17) ^ v2;
            v2 = std::rotl(v2, 32);
        }
    }
    void take(uint64_t word) {
        v3 ^= word;
        rounds(2);
        v0 ^= word;
    }
    uint64_t folded() const { return v0 ^ v1 ^ v2 ^ v3; }
};

}  // namespace

// The constants are those of the paper; 0xee and 0xdd tell the wide output from the usual one.
std::array<uint64_t, 2> siphash_128(const std::array<uint64_t, 2>& key, std::string_view text) {
    State state{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d ^ 0xee,
                key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    uint64_t word = 0;
    const uint64_t length = uint64_t{text.size()} << 56;
    for (; text.size() >= sizeof(word); text.remove_prefix(sizeof(word))) {
        std::memcpy(&word, text.data(), sizeof(word));
        state.take(word);
    }
    word = 0;
    std::memcpy(&word, text.data(), text.size());
    state.take(word | length);
    std::array<uint64_t, 2> hash{};
    state.v2 ^= 0xee;
    state.rounds(4);
    hash[0] = state.folded();
    state.v1 ^= 0xdd;
    state.rounds(4);
    hash[1] = state.folded();
    return hash;
}

}  // namespace snapgate::model
