import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.*;
import java.io.IOException;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import org.hl7.fhir.common.hapi.validation.support.*;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.MetadataResource;

/**
 * Validate [-ig DIR] FILE|DIR ... : R4 core and the conformance resources under DIR, with no network.
 * A finding is one line: file TAB severity TAB path TAB message. The count goes to stderr. Exit 1 when an error was found.
 */
public class Validate {

    static List<Path> files(String root) throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(root))) {
            return all.filter(f -> f.toString().matches(".*\\.(json|ndjson)")).sorted().collect(Collectors.toList());
        }
    }

    static List<String> resources(Path file) throws IOException {
        if (!file.toString().endsWith(".ndjson")) return List.of(Files.readString(file));
        return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).collect(Collectors.toList());
    }

    static FhirValidator validator(FhirContext ctx, PrePopulatedValidationSupport own) {
        ValidationSupportChain chain = new ValidationSupportChain(
                new DefaultProfileValidationSupport(ctx), own, new CommonCodeSystemsTerminologyService(ctx),
                new InMemoryTerminologyServerValidationSupport(ctx), new SnapshotGeneratingValidationSupport(ctx),
                new UnknownCodeSystemWarningValidationSupport(ctx));
        FhirInstanceValidator core = new FhirInstanceValidator(chain);
        core.setAnyExtensionsAllowed(true);
        core.setNoTerminologyChecks(false);
        return ctx.newValidator().registerValidatorModule(core);
    }

    public static void main(String[] args) throws Exception {
        FhirContext ctx = FhirContext.forR4();
        PrePopulatedValidationSupport own = new PrePopulatedValidationSupport(ctx);
        List<Path> todo = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            if (!args[i].equals("-ig")) {
                todo.addAll(files(args[i]));
                continue;
            }
            for (Path file : files(args[++i])) {
                IBaseResource resource = ctx.newJsonParser().parseResource(Files.readString(file));
                if (resource instanceof MetadataResource) own.addResource(resource);
            }
        }
        FhirValidator validator = validator(ctx, own);
        int errors = 0;
        int count = 0;
        for (Path file : todo) {
            List<String> resources = resources(file);
            for (int k = 0; k < resources.size(); k++, count++) {
                String name = file + (resources.size() > 1 ? "#" + (k + 1) : "");
                for (SingleValidationMessage found : validator.validateWithResult(resources.get(k)).getMessages()) {
                    if (found.getSeverity().ordinal() >= ResultSeverityEnum.ERROR.ordinal()) errors++;
                    System.out.println(String.join("\t", name, found.getSeverity().toString(),
                            found.getLocationString(), found.getMessage().replaceAll("\\s+", " ")));
                }
            }
        }
        System.err.println(count + " resources, " + errors + " errors");
        System.exit(errors > 0 ? 1 : 0);
    }
}
