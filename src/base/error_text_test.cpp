#include "base/error_text.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

Error broken(std::string message) {
    Error error(Code::kInvalid, std::move(message));
    error.causes = {{"FieldValueRequired", "a source is needed", "spec.source"},
                    {"FieldValueInvalid", "no such policy", "spec.deletionPolicy"},
                    {"FieldValueInvalid", "no duration", "spec.failureDeadline"},
                    {"FieldValueInvalid", "too long", "metadata.name"}};
    return error;
}

TEST(ErrorTextTest, TheFirstCausesFollowTheMessage) {
    EXPECT_EQ(text_with_causes(broken("it is invalid")),
              "it is invalid; spec.source: a source is needed; spec.deletionPolicy: no such "
              "policy; spec.failureDeadline: no duration");
}

TEST(ErrorTextTest, WhatTheMessageSaysIsNotSaidTwice) {
    EXPECT_EQ(text_with_causes(broken("spec.source: a source is needed")),
              "spec.source: a source is needed; spec.deletionPolicy: no such policy; "
              "spec.failureDeadline: no duration");
}

TEST(ErrorTextTest, WithoutCausesItIsTheMessage) {
    EXPECT_EQ(text_with_causes(Error(Code::kNotFound, "there is none")), "there is none");
}

}  // namespace
}  // namespace snapgate::base
