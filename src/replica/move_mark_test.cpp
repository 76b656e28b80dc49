#include "replica/move_mark.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace snapgate::replica {
namespace {

TEST(MoveMarkTest, AMarkIsReadAsItWasWritten) {
    MoveMark mark;
    mark.store = "5e5e";
    EXPECT_EQ(decode_mark(encode_mark(mark)), mark);
    mark.revision = std::numeric_limits<uint64_t>::max();
    mark.step = 7;
    mark.objects = 30'000;
    mark.cluster = std::numeric_limits<uint32_t>::max();
    mark.kind = model::Kind::kContent;
    mark.from = {"web-1", "snap.1"};
    EXPECT_EQ(decode_mark(encode_mark(mark)), mark);
    mark.kind = model::Kind::kNamespace;
    mark.from = {"", "web-1"};
    EXPECT_EQ(decode_mark(encode_mark(mark)), mark);
}

TEST(MoveMarkTest, WhatIsNoMarkIsNotRead) {
    for (const char* text :
         {"", " ", "5e 1 2 3 4 1", "5e 1 2 3 4 1 ", "5e 1 2 3 4 1 shop", " 1 2 3 4 1 shop/a",
          "5e x 2 3 4 1 shop/a", "5e 1 -2 3 4 1 shop/a", "5e 1 2 3 4294967296 1 shop/a",
          "5e 1 2 3 4 0 shop/a", "5e 1 2 3 4 99 shop/a", "5e 1 2 3 4 257 shop/a"})
        EXPECT_FALSE(decode_mark(text)) << text;
}

}  // namespace
}  // namespace snapgate::replica
