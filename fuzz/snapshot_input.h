#pragma once

#include <cstdint>
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

// Whole inputs seldom are objects: most of them go where there is something to find. `place` says
// where the text stands in a snapshot.
inline std::string object_of(uint8_t place, std::string_view text) {
    switch (place % 4) {
        case 1:
            return with_members("," + std::string(text), "");
        case 2:
            return with_members("", "," + std::string(text));
        case 3:
            return with_members(
                R"(,"managedFields":[{"apiVersion":"v1","operation":"Update","fieldsType":)"
                R"("FieldsV1","fieldsV1":)" +
                    std::string(text) + "}]",
                "");
        default:
            return std::string(text);
    }
}

}  // namespace snapgate::fuzz
