// cmake/pch.cc: carries the precompiled header.
