import ca.uhn.fhir.batch2.api.IJobMaintenanceService;
import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.batch2.jobs.export.BulkDataExportProvider;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.binary.api.IBinaryStorageSvc;
import ca.uhn.fhir.jpa.binstore.DatabaseBinaryContentStorageSvcImpl;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirPostgresDialect;
import ca.uhn.fhir.jpa.provider.*;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.subscription.match.config.SubscriptionProcessorConfig;
import ca.uhn.fhir.jpa.subscription.match.deliver.email.IEmailSender;
import ca.uhn.fhir.jpa.subscription.submit.config.SubscriptionSubmitterConfig;
import ca.uhn.fhir.jpa.term.TermReadSvcImpl;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.interceptor.RequestValidatingInterceptor;
import ca.uhn.fhir.rest.server.interceptor.SearchPreferHandlingInterceptor;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import ca.uhn.fhir.validation.IValidatorModule;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import jakarta.persistence.EntityManagerFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.hl7.fhir.dstu2.model.Subscription.SubscriptionChannelType;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.*;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

/** A throw-away HAPI FHIR R4 JPA server on 127.0.0.1: plain Spring + embedded Jetty, no Spring Boot. */
public class Sandbox {

    static String env(String key, String otherwise) {
        String v = System.getenv(key);
        return v == null || v.isBlank() ? otherwise : v;
    }

    @Configuration
    @Import({JpaR4Config.class, HapiJpaConfig.class, ThreadPoolFactoryConfig.class, JpaBatch2Config.class,
        Batch2JobsConfig.class, SubscriptionSubmitterConfig.class, SubscriptionProcessorConfig.class,
        SubscriptionChannelConfig.class})
    public static class Wiring {
        static final String JDBC = env("HAPI_JDBC", "jdbc:h2:mem:hapi;DB_CLOSE_DELAY=-1");

        @Bean
        JpaStorageSettings storage() {
            JpaStorageSettings s = new JpaStorageSettings();
            s.setReuseCachedSearchResultsForMillis(null); // a search sees what was just written
            s.setAllowMultipleDelete(true);
            s.setExpungeEnabled(true);
            s.setJobFastTrackingEnabled(true); // bulk export in seconds, not minutes
            s.setAllowExternalReferences(true);
            s.setIndexMissingFields(JpaStorageSettings.IndexEnabledEnum.ENABLED); // :missing
            s.setEnforceReferentialIntegrityOnWrite(!"0".equals(env("HAPI_REFINT", "1")));
            return s;
        }

        @Bean
        SubscriptionSettings subscriptions() {
            SubscriptionSettings s = new SubscriptionSettings();
            s.addSupportedSubscriptionType(SubscriptionChannelType.RESTHOOK);
            s.setSubscriptionChangeQueuedImmediately(true);
            return s;
        }

        @Bean
        PartitionSettings partitions() {
            return new PartitionSettings();
        }

        @Bean
        IBinaryStorageSvc binaries() {
            return new DatabaseBinaryContentStorageSvcImpl();
        }

        @Bean
        IEmailSender mail() {
            return details -> {};
        }

        @Bean(destroyMethod = "close")
        DataSource dataSource() {
            BasicDataSource d = new BasicDataSource();
            d.setUrl(JDBC);
            d.setUsername(env("HAPI_DB_USER", "sa"));
            d.setPassword(env("HAPI_DB_PASSWORD", ""));
            d.setMaxTotal(30);
            return d;
        }

        @Bean
        @Primary
        LocalContainerEntityManagerFactoryBean entityManagerFactory(
                ConfigurableListableBeanFactory beans, FhirContext ctx, JpaStorageSettings s, DataSource d) {
            LocalContainerEntityManagerFactoryBean f =
                    HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, ctx, s);
            f.setPersistenceUnitName("HAPI_PU");
            f.setDataSource(d);
            Class<?> dialect = JDBC.startsWith("jdbc:postgresql") ? HapiFhirPostgresDialect.class : HapiFhirH2Dialect.class;
            f.setJpaPropertyMap(Map.of(
                    "hibernate.dialect", dialect.getName(),
                    "hibernate.hbm2ddl.auto", "update",
                    "hibernate.jdbc.batch_size", "20",
                    "hibernate.cache.use_query_cache", "false",
                    "hibernate.cache.use_second_level_cache", "false",
                    "hibernate.search.enabled", "false"));
            return f;
        }

        @Bean
        @Primary
        JpaTransactionManager transactionManager(EntityManagerFactory f) {
            return new JpaTransactionManager(f);
        }
    }

    public static void main(String[] args) throws Exception {
        long t0 = System.currentTimeMillis();
        // full-text indexing is off (hibernate.search.enabled=false); without this line $expand still asks it and answers 500
        TermReadSvcImpl.setForceDisableHibernateSearchForUnitTest(true);
        int port = Integer.parseInt(env("HAPI_PORT", "8090"));
        AnnotationConfigApplicationContext app = new AnnotationConfigApplicationContext(Wiring.class);

        RestfulServer fhir = new RestfulServer(app.getBean(FhirContext.class));
        fhir.registerProviders(app.getBean(ResourceProviderFactory.class).createProviders());
        fhir.registerProviders(
                app.getBean(JpaSystemProvider.class), app.getBean(BulkDataExportProvider.class),
                app.getBean(ValueSetOperationProvider.class), app.getBean(TerminologyUploaderProvider.class),
                app.getBean(SubscriptionTriggeringProvider.class), app.getBean(DiffProvider.class));
        JpaCapabilityStatementProvider meta = new JpaCapabilityStatementProvider(
                fhir, app.getBean(IFhirSystemDao.class), app.getBean(JpaStorageSettings.class),
                app.getBean(ISearchParamRegistry.class), app.getBean(IValidationSupport.class));
        meta.setImplementationDescription("sickleave-on-fhir HAPI sandbox");
        fhir.setServerConformanceProvider(meta);
        fhir.setPagingProvider(app.getBean(DatabaseBackedPagingProvider.class));
        fhir.setDefaultPrettyPrint(false);
        fhir.registerInterceptor(new SearchPreferHandlingInterceptor(app.getBean(ISearchParamRegistry.class)));
        if ("1".equals(env("HAPI_VALIDATE", "0"))) { // refuse invalid bodies with 422
            RequestValidatingInterceptor v = new RequestValidatingInterceptor();
            v.setValidatorModules(List.of(app.getBean(IValidatorModule.class)));
            v.setFailOnSeverity(ResultSeverityEnum.ERROR);
            fhir.registerInterceptor(v);
        }

        Server jetty = new Server(new java.net.InetSocketAddress("127.0.0.1", port));
        ServletContextHandler root = new ServletContextHandler("/");
        ServletHolder holder = new ServletHolder(fhir);
        holder.setInitOrder(1);
        root.addServlet(holder, "/fhir/*");
        jetty.setHandler(root);
        jetty.setStopAtShutdown(true);
        jetty.start();
        // the stock maintenance pass is once a minute; a test should not wait for it
        IJobMaintenanceService jobs = app.getBean(IJobMaintenanceService.class);
        Executors.newSingleThreadScheduledExecutor(r -> { Thread t = new Thread(r); t.setDaemon(true); return t; })
                .scheduleWithFixedDelay(() -> { try { jobs.triggerMaintenancePass(); } catch (RuntimeException e) { /* next time */ } },
                        2, 2, TimeUnit.SECONDS);
        System.out.println("up on http://127.0.0.1:" + port + "/fhir after " + (System.currentTimeMillis() - t0) + " ms");
        if ("1".equals(env("HAPI_ONESHOT", "0"))) { // used once by the build, to record a class-data archive
            try (java.io.InputStream in = java.net.URI.create("http://127.0.0.1:" + port + "/fhir/metadata").toURL().openStream()) {
                in.readAllBytes();
            }
            System.exit(0);
        }
        jetty.join();
    }
}
