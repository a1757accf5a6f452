// own_declarations: a clang plugin that shows clang-tidy our own declarations only.
//
// What:    clang-tidy 19 matches every header of every library again for every file, and then drops
//          what it found there; that was three quarters of its time. The traversal is narrowed to
//          the top-level declarations that stand in a file of ours before it begins.
// In/Out:  clang-tidy --load=…; OWN_FOLDER (a macro) is what the path of a file of ours contains.
// Not here: what is checked (.clang-tidy); who calls it (clang_tidy.py).
#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/FrontendPluginRegistry.h>

#include <memory>
#include <string>
#include <vector>

namespace {

class Narrow : public clang::ASTConsumer {
 public:
  // Runs before clang-tidy's own consumer, as plugins of AddBeforeMainAction do.
  void HandleTranslationUnit(clang::ASTContext& context) override {
    std::vector<clang::Decl*> own;
    const clang::SourceManager& sources = context.getSourceManager();
    // Without what the precompiled header holds: that is libraries only.
    for (clang::Decl* decl : context.getTranslationUnitDecl()->noload_decls()) {
      const clang::SourceLocation at = sources.getExpansionLoc(decl->getLocation());
      if (at.isValid() && sources.getFilename(at).contains(OWN_FOLDER)) own.push_back(decl);
    }
    context.setTraversalScope(own);
  }
};

class NarrowAction : public clang::PluginASTAction {
 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& /*compiler*/,
                                                        llvm::StringRef /*file*/) override {
    return std::make_unique<Narrow>();
  }
  bool ParseArgs(const clang::CompilerInstance& /*compiler*/,
                 const std::vector<std::string>& /*arguments*/) override {
    return true;
  }
  ActionType getActionType() override { return AddBeforeMainAction; }
};

const clang::FrontendPluginRegistry::Add<NarrowAction> registration(
    "own-declarations", "shows the checks our own declarations only");

}  // namespace
