#pragma once

#include <cstdint>
#include <string_view>

namespace snapgate::base {

// A hash for tables in memory whose keys come from outside. It differs from process to process, so
// that nobody can prepare many keys that fall into one place. Any thread.
uint64_t table_hash(std::string_view key);

}  // namespace snapgate::base
