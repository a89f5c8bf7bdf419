from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class Ebb(ConanFile):
    name = "ebb"
    version = "0.1.0"
    license = "BSD-3-Clause"
    description = "Reverse-mode automatic differentiation with self-attention as its showcase"
    topics = ("automatic-differentiation", "machine-learning", "attention")
    package_type = "library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ["auto_shared_fpic"]
    exports_sources = "CMakeLists.txt", "LICENSE", "cmake/*", "autograd/*", "ops/*", "nn/*"

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("fmt/[>=9]")
        # Headers that only ebb's own sources include; Random123's must stand where the compiler looks.
        for headers in ("nlohmann_json/[>=3.11]", "xsimd/[>=8.1]"):
            self.requires(headers, headers=True, libs=False, visible=False)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["EBB_BUILD_TESTS"] = False
        toolchain.cache_variables["EBB_BUILD_EXAMPLES"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, self.package_folder)
        CMake(self).install()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "ebb")
        self.cpp_info.set_property("cmake_target_name", "ebb::ebb")
        self.cpp_info.set_property("pkg_config_name", "ebb")
        self.cpp_info.libs = ["ebb"]
        if not self.options.shared and self.settings.os == "Linux":
            self.cpp_info.system_libs = ["gomp" if self.settings.compiler == "gcc" else "omp"]
