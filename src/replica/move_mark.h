#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/types.h"

namespace snapgate::replica {

// How far a store has been moved into etcd: the value of the key `moving`.
struct MoveMark {
    std::string store;             // its id, as hexadecimal digits
    model::Revision revision = 0;  // the store's newest, by which a later write to it is noticed
    uint64_t step = 0;             // of the move: no two values are alike
    uint64_t objects = 0;          // that are in etcd
    // The first object that may be missing, in the order of clusters, kinds and names.
    model::ClusterNumber cluster = 0;
    model::Kind kind = model::Kind::kSnapshot;
    model::ObjectKey from;

    bool operator==(const MoveMark&) const = default;
};

std::string encode_mark(const MoveMark& mark);
// nullopt for what no version up to this one writes.
std::optional<MoveMark> decode_mark(std::string_view value);

}  // namespace snapgate::replica
