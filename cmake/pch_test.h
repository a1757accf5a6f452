// cmake/pch_test.h: what nearly every test of Stagepost includes, compiled once.
#pragma once
#include <gtest/gtest.h>

#include "cmake/pch.h"
