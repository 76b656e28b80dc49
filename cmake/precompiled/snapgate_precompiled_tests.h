#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapgate_precompiled.h"
