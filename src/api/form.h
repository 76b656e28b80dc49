#pragma once

#include <compare>
#include <string_view>

#include "model/types.h"

namespace snapgate::api {

enum class Media { kJson, kYaml };
enum class Shape {
    kObject,  // as Kubernetes has it
    kTable,
    kPartialMetadata,
    kPalette,  // as Palette has it, which is how it is stored
};
enum class IncludeObject { kMetadata, kObject, kNone };

// What a request is answered with, before it is known how that is to look.
enum class Wanted { kObject, kList, kWatch };

// How a client wants objects. Two watchers of one form share what is encoded for them.
struct Form {
    model::Kind kind = model::Kind::kSnapshot;
    bool v1alpha1 = false;  // the version of the API through which the request came
    Media media = Media::kJson;
    Shape shape = Shape::kObject;
    IncludeObject include = IncludeObject::kMetadata;  // of a Table
    bool meta_v1beta1 = false;  // the version of a Table and of PartialObjectMetadata

    // The apiVersion of a Table and of PartialObjectMetadata.
    std::string_view meta_version() const {
        return meta_v1beta1 ? "meta.k8s.io/v1beta1" : "meta.k8s.io/v1";
    }
    std::string_view content_type() const {
        return media == Media::kJson ? "application/json" : "application/yaml";
    }

    auto operator<=>(const Form&) const = default;
};

}  // namespace snapgate::api
