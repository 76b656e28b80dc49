#pragma once

#include <string>
#include <string_view>

namespace snapgate::fuzz {

// A VirtualMachineSnapshot with more members in its metadata and at its top; each begins with a
// comma.
inline std::string with_members(std::string_view metadata, std::string_view top) {
    std::string text =
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
        R"("spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"v"}},)"
        R"("metadata":{"name":"s")";
    text.append(metadata).append("}").append(top).append("}");
    return text;
}

}  // namespace snapgate::fuzz
