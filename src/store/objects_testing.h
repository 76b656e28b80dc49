#pragma once

#include <string>
#include <string_view>

#include "base/environment_testing.h"
#include "base/temporary_folder_testing.h"
#include "model/object.h"

namespace snapgate::store {

using base::environment_number;

using TestDirectory = base::TemporaryFolder;

// A small object. `filler` makes it larger and distinguishes its versions.
inline model::PreparedObject make_object(std::string_view ns, std::string_view name,
                                         std::string_view vm, std::string_view filler = {}) {
    model::PreparedObject object;
    object.ns = ns;
    object.name = name;
    object.vm = vm;
    std::string& text = object.text;
    text = R"({"metadata":{"filler":")";
    text += filler;
    text += R"(","name":")";
    text += name;
    text += R"(","namespace":")";
    text += ns;
    text += R"(","resourceVersion":")";
    object.version_offset = static_cast<uint32_t>(text.size());
    text += R"("},"spec":{"source":{"name":")";
    object.vm_offset = static_cast<uint32_t>(text.size());
    text += vm;
    text += R"("}}})";
    if (vm.empty()) object.vm_offset = 0;
    return object;
}

}  // namespace snapgate::store
