# Outside libraries (all Debian 12 packages) and which folder may link which.
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)

set(STAGEPOST_LIBS_lib/base fmt::fmt)
set(STAGEPOST_LIBS_lib/io OpenSSL::SSL OpenSSL::Crypto)
set(STAGEPOST_LIBS_lib/message idn2)
set(STAGEPOST_LIBS_lib/dns unbound)
set(STAGEPOST_LIBS_queue isal)
set(STAGEPOST_LIBS_directory SQLite::SQLite3 gsasl OpenSSL::Crypto ldap lber)
set(STAGEPOST_LIBS_lib/sasl gsasl OpenSSL::Crypto boost_json)
set(STAGEPOST_LIBS_trace spdlog::spdlog)
set(STAGEPOST_LIBS_admin boost_json)
set(STAGEPOST_LIBS_cli boost_json)
# The SPF suite is written in YAML.
set(STAGEPOST_TEST_LIBS_lib/mailauth yaml-cpp)
