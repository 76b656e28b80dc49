#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "import/import_input.h"
#include "json/dump_end.h"

namespace snapgate::cli {

// An object that the server would refuse.
struct Fault {
    std::string file;
    size_t item = 0;   // in its file, from 0
    std::string name;  // namespace/name as far as it can be read
    std::string message;
};

// dump.json: item 17 (payments/db-01): spec.source.kind must be VirtualMachine
std::string describe(const Fault& fault);

struct CheckReport {
    std::vector<size_t> items;       // objects in each input
    std::vector<bool> implied_kind;  // of each input: some objects leave their kind to their list
    size_t total = 0;
    size_t fault_count = 0;
    std::vector<Fault> faults;  // the first kShownFaults
    json::DumpEnd end;          // of all inputs, as one dump
};

inline constexpr size_t kShownFaults = 20;

// Told now and then how far a pass has come, in bytes of all inputs and in objects.
using Advanced = std::function<void(uint64_t bytes, size_t items)>;

// Reads all inputs once and checks every object as the server will. A text that is no stream of
// objects is kRefused, with where and why; nothing has been sent yet.
Outcome<CheckReport> check_inputs(const std::vector<ImportInput>& inputs, const Advanced& advanced);

}  // namespace snapgate::cli
