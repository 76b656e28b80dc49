#include <gtest/gtest.h>

#include <array>
#include <string>

#include "api/kube/forms.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using model::Kind;

base::Result<Form> ask(std::string_view accept, Wanted wanted, std::string_view query = {},
                       Kind kind = Kind::kSnapshot) {
    net::Request request;
    if (!accept.empty()) request.headers.push_back({"Accept", accept});
    request.query = query;
    return negotiate(request, kind, false, wanted);
}

std::string shown(const base::Result<Form>& form) {
    if (!form) {
        EXPECT_EQ(form.error().code, Code::kNotAcceptable);
        return "406";
    }
    std::string out = form->media == Media::kJson ? "json" : "yaml";
    if (form->shape == Shape::kTable) out += " table";
    if (form->shape == Shape::kPartialMetadata) out += " metadata";
    if (form->meta_v1beta1) out += " v1beta1";
    return out;
}

TEST(NegotiateTest, MediaTypes) {
    struct Case {
        const char* accept;
        const char* form;
    };
    const std::array cases{
        Case{"", "json"},
        Case{"application/json", "json"},
        Case{"application/yaml", "yaml"},
        Case{"*/*", "json"},
        Case{"*", "json"},
        Case{"application/*", "json"},
        Case{" application/json ; charset=utf-8", "json"},
        Case{"text/html, */*;q=0.1", "json"},
        Case{"application/json;q=0.5,application/yaml", "yaml"},
        Case{"application/yaml;q=0.9, application/json;q=0.8", "yaml"},
        Case{"*/*,application/yaml", "yaml"},
        Case{"application/vnd.kubernetes.protobuf,application/json", "json"},
        Case{"application/vnd.kubernetes.protobuf,*/*;q=0.1", "json"},
        Case{"application/json;stream=watch", "json"},
        Case{"application/json;pretty=1", "json"},
        Case{"application/yaml;q=x,application/json;q=0.1", "json"},
        Case{"text/html", "406"},
        Case{"application/vnd.kubernetes.protobuf", "406"},
        Case{"application/JSON", "406"},
        Case{"application", "406"},
        Case{"application/json/x", "406"},
        Case{",;,/", "406"},
        Case{"application/json;stream=other", "406"},
    };
    for (const Case& one : cases)
        EXPECT_EQ(shown(ask(one.accept, Wanted::kObject)), one.form) << one.accept;
    // Of a header that goes on and on only the beginning is read.
    std::string endless;
    for (int i = 0; i < 1000; ++i) endless += "a/b,";
    EXPECT_EQ(shown(ask(endless + "application/json", Wanted::kObject)), "406");
}

TEST(NegotiateTest, Conversions) {
    struct Case {
        Wanted wanted;
        const char* parameters;
        const char* form;
    };
    const std::array cases{
        Case{Wanted::kObject, "as=Table;v=v1;g=meta.k8s.io", "json table"},
        Case{Wanted::kList, "as=Table;g=meta.k8s.io;v=v1beta1", "json table v1beta1"},
        Case{Wanted::kWatch, "as=Table;v=v1;g=meta.k8s.io", "json table"},
        Case{Wanted::kObject, "as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "json metadata"},
        Case{Wanted::kWatch, "as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "json metadata"},
        Case{Wanted::kList, "as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "json metadata"},
        Case{Wanted::kList, "as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "406"},
        Case{Wanted::kObject, "as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "406"},
        Case{Wanted::kObject, "as=Other;v=v1;g=meta.k8s.io", "406"},
        Case{Wanted::kObject, "as=Table;v=v1", "406"},
        Case{Wanted::kObject, "as=Table;g=meta.k8s.io", "406"},
        Case{Wanted::kObject, "as=Table;v=v2;g=meta.k8s.io", "406"},
        Case{Wanted::kObject, "v=v1;g=meta.k8s.io", "406"},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(shown(ask(std::string("application/json;") + one.parameters, one.wanted)),
                  one.form)
            << one.parameters;
    }
    EXPECT_EQ(shown(ask("application/yaml;as=Table;v=v1;g=meta.k8s.io", Wanted::kList)),
              "yaml table");
    // What cannot be had is passed over for what can.
    EXPECT_EQ(
        shown(ask("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", Wanted::kList)),
        "json");
}

TEST(NegotiateTest, WordsOfErrors) {
    EXPECT_EQ(ask("text/html", Wanted::kList).error().message,
              "only the following media types are accepted: application/json, application/yaml, "
              "application/vnd.kubernetes.protobuf");
    for (const char* accept : {"text/html", "application/yaml"}) {
        EXPECT_EQ(ask(accept, Wanted::kWatch).error().message,
                  "only the following media types are accepted: application/json;stream=watch, "
                  "application/vnd.kubernetes.protobuf;stream=watch");
    }
    EXPECT_EQ(ask("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", Wanted::kList)
                  .error()
                  .message,
              "you requested PartialObjectMetadata, but the requested object is a list "
              "(*unstructured.UnstructuredList)");
    EXPECT_EQ(ask("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
                  Wanted::kObject, {}, Kind::kNamespace)
                  .error()
                  .message,
              "you requested PartialObjectMetadataList, but the requested object is not a list "
              "(*core.Namespace)");
}

TEST(NegotiateTest, WhatTablesInclude) {
    constexpr std::string_view kTable = "application/json;as=Table;v=v1;g=meta.k8s.io";
    EXPECT_EQ(ask(kTable, Wanted::kList)->include, IncludeObject::kMetadata);
    EXPECT_EQ(ask(kTable, Wanted::kList, "includeObject=Metadata")->include,
              IncludeObject::kMetadata);
    EXPECT_EQ(ask(kTable, Wanted::kList, "includeObject=None")->include, IncludeObject::kNone);
    EXPECT_EQ(ask(kTable, Wanted::kList, "includeObject=Object")->include, IncludeObject::kObject);
    const auto other = ask(kTable, Wanted::kList, "includeObject=All");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Code::kInvalidParameter);
    EXPECT_EQ(
        other.error().message,
        "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must "
        "be 'Metadata', 'Object', 'None', or empty");
    // Where there is no Table it means nothing.
    EXPECT_TRUE(ask("", Wanted::kList, "includeObject=All"));
}

}  // namespace
}  // namespace snapgate::api::kube
